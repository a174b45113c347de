/** Shows the fact that the address names, or those that it may name: value, source, what it was. */

type Value = string | number | boolean | null;
type Values = Record<string, Value>;

interface Column {
  name: string;
  label: string;
  unit: string;
  kind: string;
  empty: string;
  values: Record<string, string> | null;
}
interface About {
  key: string[];
  place: string | null;
  level: string | null;
  prefix: string | null;
  all: string;
  hidden: string;
  title: string;
  versions: { since: string; edition: string }[];
  columns: Column[];
}
interface File {
  count: number;
  same: Values;
  columns: Record<string, Value[]>;
  before: { absent: number[]; was: Record<string, Values> }[];
}

const MOST = 200;
const number = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 3 });

export async function showFacts(host: HTMLElement): Promise<void> {
  const base = new URL(host.dataset.facts ?? "", document.baseURI);
  const about = (await (await fetch(base)).json()) as About;
  const files = new Map<string, Promise<File>>();
  const show = async (): Promise<void> => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const name = fileOf(about, asked);
    if (name === null) {
      host.replaceChildren();
      return;
    }
    if (!files.has(name)) files.set(name, load(new URL(`${name}.json`, base)));
    const file = await files.get(name);
    if (file === undefined) return;
    // another address was chosen while the rows came
    if (new URLSearchParams(location.hash.slice(1)).toString() !== asked.toString()) return;
    const found = rowsOf(file).filter(({ row }) =>
      about.key.every((key) => !asked.has(key) || String(row[key]) === asked.get(key)),
    );
    const [only] = found;
    host.replaceChildren(
      ...(only === undefined
        ? [paragraph("Aucun fait à cette adresse dans la publication en cours.")]
        : found.length === 1
          ? card(about, file, only, host.dataset.citation ?? "")
          : list(about, found)),
    );
  };
  addEventListener("hashchange", () => {
    void show().then(() => host.querySelector<HTMLElement>("h2")?.focus());
  });
  await show();
}

async function load(address: URL): Promise<File> {
  const answer = await fetch(address);
  if (!answer.ok) return { count: 0, same: {}, columns: {}, before: [] };
  return (await answer.json()) as File;
}

/** The file of rows that an address leads to; null where it names no place. */
function fileOf(about: About, asked: URLSearchParams): string | null {
  if (about.place === null) return about.all;
  const code = asked.get(about.place);
  if (code === null || !/^[\w-]+$/u.test(code)) return null;
  if (about.prefix !== null) return new RegExp(about.prefix, "u").exec(code)?.[1] ?? null;
  const level = about.level === null ? "" : asked.get(about.level);
  if (level === null || !/^\w*$/u.test(level)) return null;
  return level === "" ? code : `${level}-${code}`;
}

interface Row {
  at: number;
  row: Values;
}

function rowsOf(file: File): Row[] {
  return Array.from({ length: file.count }, (_, at) => ({
    at,
    row: {
      ...file.same,
      ...Object.fromEntries(Object.entries(file.columns).map(([name, own]) => [name, own[at] ?? null])),
    },
  }));
}

function addressOf(about: About, row: Values): string {
  return `#${new URLSearchParams(about.key.map((key) => [key, String(row[key])])).toString()}`;
}

/** What a fact is about: the names of what its key says, or its codes. */
function nameOf(about: About, row: Values): string {
  const columns = new Map(about.columns.map((column) => [column.name, column]));
  return about.key
    .filter((key) => !key.endsWith("_level"))
    .map((key) => {
      const label = row[key.replace(/_code$/u, "_label")];
      const column = columns.get(key);
      return typeof label === "string" && label !== "" ? label : column ? said(column, row, about) : String(row[key]);
    })
    .join(", ");
}

/** A published value in words: hidden, missing and zero are three things. */
function said(column: Column, row: Values, about: About): string {
  const value = row[column.name] ?? null;
  if (row[`is_${column.name}_suppressed`] === true) return about.hidden;
  if (value === null) return column.empty === "" ? "inconnu" : `vide : ${column.empty}`;
  if (typeof value === "boolean") return value ? "oui" : "non";
  if (column.values) return column.values[String(value)] ?? String(value);
  if (typeof value !== "number") return String(value);
  const shown = /(year|annee)$/u.test(column.name) ? String(value) : number.format(value);
  return column.unit === "" || /(year|annee)$/u.test(column.name) ? shown : `${shown} (${column.unit})`;
}

function list(about: About, found: Row[]): HTMLElement[] {
  const title = heading(`${found.length} faits`);
  const items = found.slice(0, MOST).map(({ row }) => {
    const link = document.createElement("a");
    link.href = addressOf(about, row);
    link.textContent = nameOf(about, row);
    const item = document.createElement("li");
    item.append(link);
    return item;
  });
  const all = document.createElement("ul");
  all.className = "columns";
  all.append(...items);
  const more = found.length - items.length;
  return more > 0
    ? [title, narrower(about, found), all, paragraph(`Et ${more} autres : préciser au-dessus.`)]
    : [title, narrower(about, found), all];
}

/** Choices that make the address name fewer facts. */
function narrower(about: About, found: Row[]): HTMLElement {
  const tools = document.createElement("div");
  tools.className = "tools";
  const columns = new Map(about.columns.map((column) => [column.name, column]));
  for (const key of about.key) {
    const names = new Map<string, string>();
    for (const { row } of found) {
      const label = row[key.replace(/_code$/u, "_label")];
      const column = columns.get(key);
      const text = typeof label === "string" ? label : column ? said(column, row, about) : String(row[key]);
      names.set(String(row[key]), text);
    }
    if (names.size < 2) continue;
    const select = document.createElement("select");
    select.append(new Option("Tout", ""));
    const sorted = [...names].sort(([, a], [, b]) => a.localeCompare(b, "fr", { numeric: true }));
    for (const [code, text] of sorted) select.append(new Option(text, code));
    select.addEventListener("change", () => {
      const asked = new URLSearchParams(location.hash.slice(1));
      asked.set(key, select.value);
      location.hash = asked.toString();
    });
    const label = document.createElement("label");
    label.append(columns.get(key)?.label ?? key, select);
    tools.append(label);
  }
  return tools;
}

function card(about: About, file: File, { at, row }: Row, citation: string): HTMLElement[] {
  const address = new URL(addressOf(about, row), location.href).href;
  const facts = document.createElement("dl");
  facts.className = "facts";
  for (const column of about.columns) {
    if (/^is_.*_suppressed$/u.test(column.name)) continue;
    const term = document.createElement("dt");
    term.textContent = column.label;
    const told = document.createElement("dd");
    told.textContent = said(column, row, about);
    facts.append(term, told);
  }
  const cited = document.createElement("blockquote");
  cited.className = "text";
  cited.append(paragraph(`${about.title} : ${nameOf(about, row)}. ${citation} ${address}`));
  return [
    heading(nameOf(about, row)),
    facts,
    heading("Dans les publications gardées"),
    ...history(about, file, at, row),
    heading("Citer ce fait"),
    cited,
    copying(cited.textContent ?? ""),
  ];
}

/** The fact in each content that the releases kept had of its table, the newest first. */
function history(about: About, file: File, at: number, row: Values): HTMLElement[] {
  const items = about.versions.map(({ since, edition }, version) => {
    const before = file.before[version];
    const was = before?.was[String(at)];
    const item = document.createElement("li");
    const changes = about.columns
      .filter((column) => was && column.name in was)
      .map((column) => `${column.label} : ${said(column, { ...row, ...was }, about)}`);
    const told = before?.absent.includes(at) ? "absent" : changes.length > 0 ? changes.join(" ; ") : "comme aujourd'hui";
    item.textContent = `Depuis le ${since} (${edition}) : ${told}`;
    return item;
  });
  const all = document.createElement("ul");
  all.append(...items.reverse());
  return [all];
}

function copying(text: string): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copier la citation";
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(text).then(() => {
      button.textContent = "Citation copiée";
    });
  });
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(button);
  return tools;
}

function heading(text: string): HTMLElement {
  const made = document.createElement("h2");
  made.textContent = text;
  made.tabIndex = -1;
  return made;
}

function paragraph(text: string): HTMLElement {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
