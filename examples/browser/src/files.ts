/** Files by kind. */
export interface GivenFiles {
  readonly photos: readonly File[];
  /** Zipped classifiers. */
  readonly classifiers: readonly File[];
  /** Other files. */
  readonly others: readonly File[];
}

/** Calls back with the files that the user chooses in the dialog that a button opens. */
export function onChosen(button: HTMLButtonElement, input: HTMLInputElement, take: (files: GivenFiles) => void): void {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...input.files!];
    // Allows choosing the same file again.
    input.value = '';
    if (files.length > 0) take(sort(files));
  });
}

/**
 * Calls back with the files that are pasted, or dropped anywhere on the page.
 *
 * @param dropZone - Gets the attribute `data-over` while a file is dragged over the page.
 */
export function onDropped(dropZone: HTMLElement, take: (files: GivenFiles) => void): void {
  addEventListener('paste', ({ clipboardData }) => {
    if (clipboardData?.files.length) take(sort([...clipboardData.files]));
  });
  const mark = (isOver: boolean): void => void dropZone.toggleAttribute('data-over', isOver);
  addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(event.dataTransfer?.types.includes('Files') ?? false);
  });
  // True only if the pointer leaves the window, not if it moves to another element of it.
  addEventListener('dragleave', ({ relatedTarget }) => void (relatedTarget ?? mark(false)));
  addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer) take(sort([...event.dataTransfer.files]));
  });
}

function sort(files: readonly File[]): GivenFiles {
  const isClassifier = ({ name, type }: File): boolean => /\.zip$/i.test(name) || type === 'application/zip';
  // A file of unknown type may be a picture. It is opened, and if that fails the user is told.
  const isPhoto = (file: File): boolean => !isClassifier(file) && (file.type === '' || file.type.startsWith('image/'));
  return {
    photos: files.filter(isPhoto),
    classifiers: files.filter(isClassifier),
    others: files.filter((file) => !isPhoto(file) && !isClassifier(file)),
  };
}

/** A sentence that names the files that are left out; empty if there are none. */
export function leftOut(others: readonly File[]): string {
  if (others.length === 0) return '';
  const names = others.map(({ name }) => name).join(', ');
  return others.length === 1 ? `${names} is not a picture.` : `${names} are not pictures.`;
}
