import code from '../useExported.ts?raw';

/** Shows code that uses an exported classifier in Node, with a button that copies it. */
export function showSnippet(element: HTMLElement, button: HTMLButtonElement): void {
  const text = code.trim();
  element.textContent = text;
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(
      () => say(button, 'Copied'),
      () => {
        // Without permission to write to the clipboard, select the code so that the user can copy it.
        getSelection()?.selectAllChildren(element);
        say(button, 'Selected: press Ctrl+C');
      },
    );
  });
}

function say(button: HTMLButtonElement, text: string): void {
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
}
