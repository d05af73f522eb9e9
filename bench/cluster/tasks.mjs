/** A task that only writes a small file, so that the remaining time is that of the queue. */
export const tasks = {
  async nothing({ output }, { store }) {
    await store.folder(output.folder).write(output.name, new Uint8Array(8));
  },
};
