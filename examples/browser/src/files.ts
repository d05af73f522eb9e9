/** What was given, by kind. */
export interface GivenFiles {
  readonly photos: readonly File[];
  /** Zipped classifiers. */
  readonly classifiers: readonly File[];
  /** What is neither. */
  readonly others: readonly File[];
}

/** Calls back with the files that are chosen in the dialog that a button opens. */
export function onChosen(button: HTMLButtonElement, input: HTMLInputElement, take: (files: GivenFiles) => void): void {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...input.files!];
    // The same file can then be chosen again.
    input.value = '';
    if (files.length > 0) take(sort(files));
  });
}

/**
 * Calls back with the files that are pasted, or dropped anywhere on the page.
 *
 * @param dropZone - Is marked by `data-over` while a file is dragged over the page.
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
  // Leaving the window, and not one element of it for another.
  addEventListener('dragleave', ({ relatedTarget }) => void (relatedTarget ?? mark(false)));
  addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer) take(sort([...event.dataTransfer.files]));
  });
}

function sort(files: readonly File[]): GivenFiles {
  const isClassifier = ({ name, type }: File): boolean => /\.zip$/i.test(name) || type === 'application/zip';
  // A file of unknown type may be a picture: it is opened, and what is wrong with it is said then.
  const isPhoto = (file: File): boolean => !isClassifier(file) && (file.type === '' || file.type.startsWith('image/'));
  return {
    photos: files.filter(isPhoto),
    classifiers: files.filter(isClassifier),
    others: files.filter((file) => !isPhoto(file) && !isClassifier(file)),
  };
}

/** Says that files are left out; nothing where there are none. */
export function leftOut(others: readonly File[]): string {
  if (others.length === 0) return '';
  const names = others.map(({ name }) => name).join(', ');
  return others.length === 1 ? `${names} is not a picture.` : `${names} are not pictures.`;
}
