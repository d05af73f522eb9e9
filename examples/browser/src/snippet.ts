import code from '../useExported.ts?raw';

/** Shows how to use an exported classifier in Node, with a button that copies the code. */
export function showSnippet(element: HTMLElement, button: HTMLButtonElement): void {
  const text = code.trim();
  element.textContent = text;
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(
      () => say(button, 'Copied'),
      () => {
        // Without the permission to write the clipboard, the code is selected for the keyboard to copy.
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
