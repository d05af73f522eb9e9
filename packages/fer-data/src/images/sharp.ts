/**
 * sharp, loaded when it is first needed: it takes 30 MB and a tenth of a second, and who reads a csv has no use for it.
 */
export const loadSharp = async () => (await import('sharp')).default;
