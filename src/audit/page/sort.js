'use strict';
// A click on a header sorts the rows by its column: upwards, then downwards. What is missing stays at the end.
const compare = (a, b) => {
  if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
  return typeof a === 'number' ? a - b : a.localeCompare(b, 'en', { numeric: true });
};
const key = (cell) => {
  if (cell.dataset.key === undefined) return cell.textContent === '-' ? undefined : cell.textContent;
  return cell.dataset.key === '' ? undefined : Number(cell.dataset.key);
};
for (const table of document.querySelectorAll('table')) {
  const headers = [...table.tHead.rows[0].cells];
  const sort = (column) => {
    const down = headers[column].getAttribute('aria-sort') === 'ascending';
    headers.forEach((header) => header.setAttribute('aria-sort', 'none'));
    headers[column].setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const rows = [...table.tBodies[0].rows].map((row) => [key(row.cells[column]), row]);
    const sign = down ? -1 : 1;
    rows.sort(([a], [b]) => (a === undefined || b === undefined ? compare(a, b) : sign * compare(a, b)));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  headers.forEach((header, column) => header.firstElementChild.addEventListener('click', () => sort(column)));
}
