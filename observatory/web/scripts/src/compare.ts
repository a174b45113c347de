/** Sets two or three things side by side, as the address says: comparer/?communes=13117,13054. */

type Item = [code: string, label: string, page: string, values: (string | null)[]];

interface Told {
  titles: string[];
  items: Item[];
}

const AT_MOST = 3;

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export async function showCompared(host: HTMLElement): Promise<void> {
  const kinds = host.querySelector<HTMLSelectElement>("[data-kind]");
  const tools = host.querySelector<HTMLElement>(".tools");
  if (!kinds || !tools) return;
  const asked = new URLSearchParams(location.search);
  const kind = [...kinds.options].find(({ value }) => asked.has(value))?.value;
  if (kind) kinds.value = kind;
  const codes = (asked.get(kinds.value) ?? "").split(",").filter(Boolean).slice(0, AT_MOST);
  kinds.addEventListener("change", () => location.assign(`?${kinds.value}=`));

  const told = (await (await fetch(`${kinds.value}.json`)).json()) as Told;
  const fields = Array.from({ length: AT_MOST }, (_, at) => chooser(tools, told, at, codes[at]));
  const shown = element("div", "", { "aria-live": "polite" });
  host.append(shown);
  const missing = codes.filter((code) => !told.items.some(([known]) => known === code));
  if (missing.length > 0) host.append(element("p", `Absent de cette publication : ${missing.join(", ")}.`));

  const show = (): void => {
    const chosen = fields.flatMap(({ value }) => told.items.filter(([code]) => code === value));
    shown.replaceChildren(...(chosen.length > 0 ? [tableOf(told.titles, chosen, host.dataset.caption ?? "")] : []));
  };
  for (const field of fields) {
    field.addEventListener("change", () => {
      const now = fields.map(({ value }) => value).filter(Boolean);
      history.replaceState(history.state, "", `?${kinds.value}=${now.map(encodeURIComponent).join(",")}`);
      show();
    });
  }
  show();
}

function chooser(tools: HTMLElement, told: Told, at: number, code = ""): HTMLSelectElement {
  const label = element("label", ["Premier", "Deuxième", "Troisième"][at]);
  const select = element("select");
  select.append(new Option("–", ""), ...told.items.map(([known, said]) => new Option(said, known)));
  if (told.items.some(([known]) => known === code)) select.value = code;
  label.append(select);
  tools.append(label);
  return select;
}

function tableOf(titles: string[], chosen: Item[], caption: string): HTMLElement {
  const table = element("table");
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  head.append(element("th", "Ce qui est comparé", { scope: "col" }));
  for (const [, label, page] of chosen) {
    const cell = element("th", "", { scope: "col" });
    cell.append(element("a", label, { href: page }));
    head.append(cell);
  }
  const body = table.createTBody();
  titles.forEach((title, at) => {
    const row = body.insertRow();
    row.append(element("th", title, { scope: "row" }));
    for (const [, , , values] of chosen) row.insertCell().textContent = values[at] ?? "sans objet";
  });
  const scroll = element("div", "", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption });
  scroll.append(table);
  return scroll;
}
