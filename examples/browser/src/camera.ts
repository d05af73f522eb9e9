/** A running camera. */
export interface Camera {
  readonly video: HTMLVideoElement;
  stop(): void;
}

const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: 'The browser was not allowed to use the camera: allow it in the address bar, or choose a photo.',
  NotFoundError: 'No camera was found: connect one, or choose a photo.',
  NotReadableError: 'The camera is in use by another program: close that, or choose a photo.',
};

/**
 * Opens the camera.
 *
 * @param onEnded - Called if the camera ends by itself: it is unplugged, or the browser takes it away.
 * @throws Error whose message says what to do.
 */
export async function openCamera(onEnded: () => void): Promise<Camera> {
  if (!navigator.mediaDevices)
    throw new Error('Browsers allow the camera only on pages served over HTTPS or from localhost.');
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'user', width: { ideal: 640 }, height: { ideal: 480 } },
    });
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new Error(REASONS[name] ?? `The camera did not start (${message}): choose a photo.`, { cause });
  }
  for (const track of stream.getVideoTracks()) track.addEventListener('ended', onEnded);
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  return {
    video,
    stop() {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
