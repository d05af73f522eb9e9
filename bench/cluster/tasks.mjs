/** A task that does nothing but write a small file: what is left is the queue's. */
export const tasks = {
  async nothing({ output }, { store }) {
    await store.folder(output.folder).write(output.name, new Uint8Array(8));
  },
};
