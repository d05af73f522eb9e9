type Fetch = typeof globalThis.fetch;

/**
 * The function to fetch with. The method of a class is called as one; a function that is a property of its own is not, as
 * browsers' `fetch` refuses to be called as a method of anything but the page.
 */
export function fetchOf(options: { readonly fetch?: Fetch | undefined }): Fetch | undefined {
  const { fetch } = options;
  if (typeof fetch !== 'function' || Object.hasOwn(options, 'fetch')) return fetch;
  return (input, init) => fetch.call(options, input, init);
}
