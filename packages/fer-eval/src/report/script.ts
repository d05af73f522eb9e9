/**
 * Sorts a table by the column whose heading is clicked: first descending, then ascending. Opens all details for
 * printing, and closes them afterwards.
 */
export const SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstChild.addEventListener('click', () => {
    const down = head.ariaSort !== 'descending';
    for (const other of heads) other.ariaSort = null;
    head.ariaSort = down ? 'descending' : 'ascending';
    const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      const order = x - y;
      return (Number.isNaN(order) ? x.localeCompare(y) : order) * (down ? -1 : 1);
    });
    table.tBodies[0].append(...rows);
  }));
}
let closed = [];
addEventListener('beforeprint', () => {
  closed = [...document.querySelectorAll('details:not([open])')];
  for (const details of closed) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of closed) details.open = false;
});
`.trim();

/** SHA-256 of {@link SCRIPT} in base64, for the page's content security policy. A test checks it. */
export const SCRIPT_SHA256 = '35IM3Hhz6/ffncUXjQ4vG5NQGvV02XwNDwigwESeywo=';
