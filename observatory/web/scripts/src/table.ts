/** Sorts, filters and hands on a table that is in the page and reads well without script. */

const collator = new Intl.Collator("fr", { numeric: true, sensitivity: "base" });

export const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** What is chosen in the first table of a page is kept in its address, for others to open. */
interface Kept {
  read(name: string): string;
  write(name: string, value: string): void;
}

const named = (text: string): string => plain(text.split("(")[0] ?? "").trim().replace(/[^a-z0-9]+/gu, "-");

function keptOf(table: HTMLTableElement): Kept {
  const isFirst = table === document.querySelector("table[data-list]");
  const prefix = isFirst ? "" : `${table.dataset.list ?? ""}.`;
  return {
    read: (name) => new URLSearchParams(location.search).get(prefix + named(name)) ?? "",
    write: (name, value) => {
      const address = new URL(location.href);
      if (value) address.searchParams.set(prefix + named(name), value);
      else address.searchParams.delete(prefix + named(name));
      history.replaceState(history.state, "", address);
    },
  };
}

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

  const kept = keptOf(table);
  const tests: ((line: Line) => boolean)[] = [];
  const show = (): void => {
    for (const line of lines) line.row.hidden = !tests.every((test) => test(line));
    const shown = lines.filter(({ row }) => !row.hidden).length;
    status.textContent = `${shown} ligne${shown > 1 ? "s" : ""} sur ${lines.length}`;
  };
  tests.push(textFilter(tools, kept, show));
  [...head.cells].forEach((cell, column) => {
    if (cell.dataset.filter !== undefined) tests.push(choice(tools, cell, column, lines, kept, show));
    sortBy(cell, column, head, body, lines, kept);
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

function textFilter(tools: HTMLElement, kept: Kept, show: () => void): (line: Line) => boolean {
  const input = document.createElement("input");
  input.type = "search";
  input.value = kept.read("Chercher");
  labelled(tools, "Chercher", input);
  const split = (): string[] => plain(input.value).split(/\s+/u).filter(Boolean);
  let words = split();
  input.addEventListener("input", () => {
    words = split();
    kept.write("Chercher", input.value.trim());
    show();
  });
  return ({ text }) => words.every((word) => text.includes(word));
}

function choice(
  tools: HTMLElement,
  cell: HTMLTableCellElement,
  column: number,
  lines: Line[],
  kept: Kept,
  show: () => void,
): (line: Line) => boolean {
  const title = cell.textContent?.trim() ?? "";
  const said = (line: Line): string => line.row.cells[column]?.textContent?.trim() ?? "";
  const select = document.createElement("select");
  select.append(new Option("Tout", ""));
  for (const value of [...new Set(lines.map(said))].sort(collator.compare)) {
    select.append(new Option(value, value));
  }
  labelled(tools, title, select);
  const asked = plain(kept.read(title));
  const found = [...select.options].find(({ value }) => value !== "" && plain(value) === asked);
  if (found) select.value = found.value;
  select.addEventListener("change", () => {
    kept.write(title, select.value);
    show();
  });
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
  kept: Kept,
): void {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...cell.childNodes);
  cell.replaceChildren(button);
  const count = columnsOf(cell).length;
  const key = columnsOf(cell)[0] ?? "";
  const sort = (down: boolean): void => {
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
  };
  button.addEventListener("click", () => {
    const down = cell.getAttribute("aria-sort") === "ascending";
    sort(down);
    kept.write("tri", down ? `-${key}` : key);
  });
  const asked = kept.read("tri");
  if (key && (asked === key || asked === `-${key}`)) sort(asked.startsWith("-"));
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
