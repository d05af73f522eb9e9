/** How much of a file is read for its header. The size comes after the metadata, such as a colour profile. */
const HEADER_BYTES = 2 ** 20;

/**
 * Reads the width and height that an image file declares, without decoding it.
 *
 * @returns Undefined if the file's header does not tell; a decoder has to find out then.
 */
export async function declaredSize(
  file: Blob,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  const [header, { imageSize }] = await Promise.all([file.slice(0, HEADER_BYTES).arrayBuffer(), import('image-size')]);
  try {
    return imageSize(new Uint8Array(header));
  } catch {
    return undefined;
  }
}
