/** Sorts, filters and hands on a table that is in the page and reads well without script. */

export const collator = new Intl.Collator("fr", { numeric: true, sensitivity: "base" });

export const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

interface Line {
  row: HTMLTableRowElement;
  text: string;
}

export function enhanceTable(table: HTMLTableElement): void {
  const body = table.tBodies[0];
  const head = table.tHead?.rows[0];
  if (!body || !head) return;
  const lines: Line[] = [...body.rows].map((row) => ({ row, text: plain(row.textContent ?? "") }));
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "Filtres du tableau");
  const status = document.createElement("p");
  status.setAttribute("role", "status");

  const tests: ((line: Line) => boolean)[] = [];
  const show = (): void => {
    for (const line of lines) line.row.hidden = !tests.every((test) => test(line));
    const shown = lines.filter(({ row }) => !row.hidden).length;
    status.textContent = `${shown} ligne${shown > 1 ? "s" : ""} sur ${lines.length}`;
  };
  tests.push(textFilter(tools, show));
  [...head.cells].forEach((cell, column) => {
    if (cell.dataset.filter !== undefined) tests.push(choice(tools, cell, column, lines, show));
    sortBy(cell, column, head, body, lines);
  });
  tools.append(downloadButton(table, head, body), status);
  const host = table.closest(".scroll") ?? table;
  host.before(tools);
  show();
}

function labelled(tools: HTMLElement, text: string, field: HTMLElement): void {
  const label = document.createElement("label");
  label.append(text, field);
  tools.append(label);
}

function textFilter(tools: HTMLElement, show: () => void): (line: Line) => boolean {
  const input = document.createElement("input");
  input.type = "search";
  labelled(tools, "Chercher", input);
  let words: string[] = [];
  input.addEventListener("input", () => {
    words = plain(input.value).split(/\s+/u).filter(Boolean);
    show();
  });
  return ({ text }) => words.every((word) => text.includes(word));
}

function choice(
  tools: HTMLElement,
  cell: HTMLTableCellElement,
  column: number,
  lines: Line[],
  show: () => void,
): (line: Line) => boolean {
  const said = (line: Line): string => line.row.cells[column]?.textContent?.trim() ?? "";
  const select = document.createElement("select");
  select.append(new Option("Tout", ""));
  for (const value of [...new Set(lines.map(said))].sort(collator.compare)) {
    select.append(new Option(value, value));
  }
  labelled(tools, cell.textContent?.trim() ?? "", select);
  select.addEventListener("change", show);
  return (line) => select.value === "" || said(line) === select.value;
}

/** What a cell holds for each of its columns: published values, not what is shown. */
function values(cell: HTMLTableCellElement | undefined, count: number): string[] {
  const value = cell?.dataset.v ?? cell?.textContent?.trim() ?? "";
  return count > 1 ? value.split("|") : [value];
}

const columnsOf = (cell: HTMLTableCellElement): string[] => (cell.dataset.columns ?? "").split(" ");

function sortBy(
  cell: HTMLTableCellElement,
  column: number,
  head: HTMLTableRowElement,
  body: HTMLTableSectionElement,
  lines: Line[],
): void {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...cell.childNodes);
  cell.replaceChildren(button);
  const count = columnsOf(cell).length;
  button.addEventListener("click", () => {
    const down = cell.getAttribute("aria-sort") === "ascending";
    for (const other of head.cells) other.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = lines.map((line) => ({
      line,
      key: values(line.row.cells[column], count).find((value) => value !== "") ?? "",
    }));
    // what is not known comes last both ways
    keyed.sort((a, b) => {
      if (!a.key || !b.key) return Number(!a.key) - Number(!b.key);
      const numbers = Number(a.key) - Number(b.key);
      const order = Number.isNaN(numbers) ? collator.compare(a.key, b.key) : numbers;
      return order * (down ? -1 : 1);
    });
    lines.splice(0, lines.length, ...keyed.map(({ line }) => line));
    body.append(...lines.map(({ row }) => row));
  });
}

/** A CSV field; a text that a spreadsheet would take for a formula is marked as text. */
function field(value: string): string {
  const marked = value.replaceAll(/;(\s*[=+\-@＝＋－＠])/gu, ";'$1");
  const runs = /^\s*[=+\-@＝＋－＠]|^[\t\r]/u.test(value) && Number.isNaN(Number(value));
  const safe = runs ? `'${marked}` : marked;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(head: HTMLTableRowElement, body: HTMLTableSectionElement): string {
  const columns = [...head.cells].map(columnsOf);
  const rows = [...body.rows].filter((row) => !row.hidden);
  const written = rows.map((row) =>
    columns.flatMap((names, at) => values(row.cells[at], names.length)),
  );
  return `\ufeff${[columns.flat(), ...written].map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function downloadButton(
  table: HTMLTableElement,
  head: HTMLTableRowElement,
  body: HTMLTableSectionElement,
): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Télécharger ce qui est affiché (CSV)";
  button.addEventListener("click", () => {
    const text = csvOf(head, body);
    save(new Blob([text], { type: "text/csv;charset=utf-8" }), `${table.dataset.list || "table"}.csv`);
  });
  return button;
}
