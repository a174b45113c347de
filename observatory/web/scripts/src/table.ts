/** Sorts, filters and hands on a table that is in the page and reads well without script. */

export const collator = new Intl.Collator("fr", { numeric: true, sensitivity: "base" });

export const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

interface Line {
  row: HTMLTableRowElement;
  text: string;
}

/** A filter that a reader sets; its name and value stand in the page's address. */
interface Choice {
  name: string;
  keeps: (line: Line) => boolean;
  get: () => string;
  set: (value: string) => void;
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

  const choices: Choice[] = [];
  const show = (): void => {
    for (const line of lines) line.row.hidden = !choices.every(({ keeps }) => keeps(line));
    const shown = lines.filter(({ row }) => !row.hidden).length;
    status.textContent = `${shown} ligne${shown > 1 ? "s" : ""} sur ${lines.length}`;
  };
  const chosen = (): void => {
    show();
    remember(prefix, choices);
  };
  choices.push(textFilter(tools, chosen));
  [...head.cells].forEach((cell, column) => {
    if (cell.dataset.filter !== undefined) choices.push(oneOf(tools, cell, column, lines, chosen));
    if (cell.dataset.least !== undefined) choices.push(atLeast(tools, cell, column, chosen));
  });
  choices.push(order(head, body, lines, chosen));
  tools.append(downloadButton(table, head, body), status);
  const host = table.closest(".scroll") ?? table;
  host.before(tools);
  // the filters of the first table of a page have their bare names
  const at = [...document.querySelectorAll("table[data-list]")].indexOf(table);
  const prefix = at > 0 ? `${at + 1}.` : "";
  const follow = (): void => {
    const said = new URLSearchParams(location.hash.slice(1));
    const asked = new URLSearchParams(location.search);
    for (const { name, set } of choices) set(said.get(prefix + name) ?? asked.get(prefix + name) ?? "");
    show();
  };
  addEventListener("hashchange", follow);
  follow();
}

function remember(prefix: string, choices: Choice[]): void {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const { name, get } of choices) said.set(prefix + name, get());
  for (const [name, value] of [...said]) if (!value) said.delete(name);
  const text = said.toString();
  // what a query asked for is in the fragment from now on
  const asked = new URLSearchParams(location.search);
  for (const { name } of choices) asked.delete(prefix + name);
  const query = asked.toString();
  history.replaceState(null, "", location.pathname + (query && `?${query}`) + (text && `#${text}`));
}

const nameOf = (text: string): string => plain(text).replace(/[^a-z0-9]+/gu, "-").replace(/^-|-$/gu, "");
const titleOf = (cell: HTMLTableCellElement): string => cell.textContent?.trim() ?? "";

function labelled(tools: HTMLElement, text: string, field: HTMLElement): void {
  const label = document.createElement("label");
  label.append(text, field);
  tools.append(label);
}

function textFilter(tools: HTMLElement, chosen: () => void): Choice {
  const input = document.createElement("input");
  input.type = "search";
  labelled(tools, "Chercher", input);
  let words: string[] = [];
  const read = (): void => {
    words = plain(input.value).split(/\s+/u).filter(Boolean);
  };
  input.addEventListener("input", () => {
    read();
    chosen();
  });
  return {
    name: "chercher",
    keeps: ({ text }) => words.every((word) => text.includes(word)),
    get: () => input.value.trim(),
    set: (value) => {
      input.value = value;
      read();
    },
  };
}

function oneOf(
  tools: HTMLElement,
  cell: HTMLTableCellElement,
  column: number,
  lines: Line[],
  chosen: () => void,
): Choice {
  const said = (line: Line): string => line.row.cells[column]?.textContent?.trim() ?? "";
  const select = document.createElement("select");
  select.append(new Option("Tout", ""));
  for (const value of [...new Set(lines.map(said))].sort(collator.compare)) {
    select.append(new Option(value, value));
  }
  labelled(tools, titleOf(cell), select);
  select.addEventListener("change", chosen);
  return {
    name: nameOf(titleOf(cell)),
    keeps: (line) => select.value === "" || said(line) === select.value,
    get: () => select.value,
    set: (value) => {
      // an address of another release may name what is no more
      const found = [...select.options].find((option) => plain(option.value) === plain(value));
      select.value = found?.value ?? "";
    },
  };
}

/** A figure as it is shown in French, or nothing. */
const figure = (text: string): number => Number.parseFloat(text.replace(/\s/gu, "").replace(",", "."));

/** What may be typed for one, without its spaces. */
const NUMBER = /^(?:\d+(?:[.,]\d*)?|[.,]\d+)?$/u;

function atLeast(
  tools: HTMLElement,
  cell: HTMLTableCellElement,
  column: number,
  chosen: () => void,
): Choice {
  const input = document.createElement("input");
  input.type = "text";
  input.inputMode = "decimal";
  input.size = 6;
  labelled(tools, `${titleOf(cell)}, au moins`, input);
  const judge = (): void => {
    const isNumber = NUMBER.test(input.value.replace(/\s/gu, ""));
    input.setCustomValidity(isNumber ? "" : "Écrivez un nombre positif, comme 1000 ou 2,5 : rien n'est filtré.");
  };
  input.addEventListener("input", () => {
    judge();
    chosen();
  });
  input.addEventListener("change", () => input.reportValidity());
  return {
    name: `${nameOf(titleOf(cell))}-min`,
    keeps: ({ row }) => {
      const least = input.validity.valid ? figure(input.value) : Number.NaN;
      return Number.isNaN(least) || figure(row.cells[column]?.textContent ?? "") >= least;
    },
    get: () => input.value.trim(),
    set: (value) => {
      input.value = value;
      judge();
    },
  };
}

/** What a cell holds for each of its columns: published values, not what is shown. */
function values(cell: HTMLTableCellElement | undefined, count: number): string[] {
  const value = cell?.dataset.v ?? cell?.textContent?.trim() ?? "";
  return count > 1 ? value.split("|") : [value];
}

const columnsOf = (cell: HTMLTableCellElement): string[] => (cell.dataset.columns ?? "").split(" ");

/** The order of the lines: a button in each head; « tri » in the address, « - » before falls. */
function order(
  head: HTMLTableRowElement,
  body: HTMLTableSectionElement,
  lines: Line[],
  chosen: () => void,
): Choice {
  const first = [...lines];
  const names = [...head.cells].map((cell) => nameOf(titleOf(cell)));
  let said = "";
  const put = (value: string): void => {
    if (value === said) return;
    const column = names.indexOf(value.replace(/^-/u, ""));
    said = column < 0 ? "" : value;
    for (const cell of head.cells) cell.removeAttribute("aria-sort");
    const down = said.startsWith("-");
    head.cells[column]?.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sorted = column < 0 ? first : sortedBy(lines, head.cells[column], column, down);
    lines.splice(0, lines.length, ...sorted);
    body.append(...lines.map(({ row }) => row));
  };
  [...head.cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.replaceChildren(button);
    button.addEventListener("click", () => {
      const name = names[column] ?? "";
      put(said === name ? `-${name}` : name);
      chosen();
    });
  });
  return { name: "tri", keeps: () => true, get: () => said, set: put };
}

function sortedBy(
  lines: Line[],
  cell: HTMLTableCellElement | undefined,
  column: number,
  down: boolean,
): Line[] {
  const count = cell ? columnsOf(cell).length : 1;
  const keyed = lines.map((line) => ({
    line,
    key: values(line.row.cells[column], count).find((value) => value !== "") ?? "",
  }));
  // what is not known comes last both ways
  keyed.sort((a, b) => {
    if (!a.key || !b.key) return Number(!a.key) - Number(!b.key);
    const numbers = Number(a.key) - Number(b.key);
    const rank = Number.isNaN(numbers) ? collator.compare(a.key, b.key) : numbers;
    return rank * (down ? -1 : 1);
  });
  return keyed.map(({ line }) => line);
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
