/** Loads sharp at first use: it takes 30 MB and a tenth of a second, and reading a csv doesn't need it. */
export const loadSharp = async () => (await import('sharp')).default;
