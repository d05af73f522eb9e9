type Fetch = typeof globalThis.fetch;

/**
 * The function to fetch with. A method of a class is called as a method. An own property is called as a plain
 * function, since browsers' `fetch` refuses any `this` other than the global object.
 */
export function fetchOf(options: { readonly fetch?: Fetch | undefined }): Fetch | undefined {
  const { fetch } = options;
  if (typeof fetch !== 'function' || Object.hasOwn(options, 'fetch')) return fetch;
  return (input, init) => fetch.call(options, input, init);
}
