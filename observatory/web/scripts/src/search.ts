/** The search box of every page: a list of what is found opens under it, by key or by click. */

import { type Found, loadFinder } from "./find.js";

const KINDS: Record<Found["kind"], string> = {
  commune: "Commune",
  occupation: "Métier",
  park: "Site",
  pole: "Pôle",
};
const SHOWN = 8;
const LISTED = 100;
const LONGEST = 80;
const FAILED = "La recherche n'a pas pu être chargée : rechargez la page.";

const element = (tag: string, text: string, name = ""): HTMLElement => {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = name;
  return made;
};
const count = (found: Found[]): string =>
  found.length === 0 ? "Aucun résultat" : `${found.length} résultat${found.length > 1 ? "s" : ""}`;

const askedFor = (): string => (new URLSearchParams(location.search).get("q") ?? "").slice(0, LONGEST);

/** What is typed stays in the address, so that the page opens again as it is. */
function remember(typed: string): void {
  const address = new URL(location.href);
  if (typed) address.searchParams.set("q", typed);
  else address.searchParams.delete("q");
  try {
    history.replaceState(history.state, "", address);
  } catch {
    // some browsers keep the address of a page that is read from a disk
  }
}

class Box {
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly status: HTMLElement;
  private readonly root: string;
  private found: Found[] = [];
  private typed = "";
  private at = -1;

  constructor(private readonly form: HTMLFormElement) {
    const part = <T extends HTMLElement>(name: string): T => form.querySelector(name) as T;
    this.input = part("input");
    this.list = part("[role=listbox]");
    this.status = part("[role=status]");
    this.root = form.dataset.root ?? "";
    this.input.addEventListener("input", () => void this.look());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("focus", () => {
      if (this.found.length > 0) this.open();
    });
    this.input.addEventListener("blur", () => this.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const isDrawn = this.typed === this.input.value.trim();
      void (isDrawn ? Promise.resolve() : this.look()).then(() => this.go());
    });
    const asked = askedFor();
    if (asked) {
      this.input.value = asked;
      this.input.focus({ preventScroll: true });
      void this.look();
    }
  }

  private async look(): Promise<void> {
    const typed = this.input.value.trim();
    remember(typed);
    let found: Found[] = [];
    try {
      if (typed) found = (await loadFinder(this.form.dataset.names ?? "")).find(typed);
    } catch {
      this.status.textContent = FAILED;
      return;
    }
    if (typed !== this.input.value.trim()) return;
    this.found = found;
    this.typed = typed;
    this.status.textContent = typed ? count(this.found) : "";
    if (typed) this.draw();
    else this.close();
  }

  /** The first is chosen from the start: Enter opens it. */
  private draw(): void {
    const shown = this.found.slice(0, SHOWN);
    this.list.replaceChildren(...shown.map((one, at) => this.option(one, at)));
    this.list.dataset.of = this.typed;
    if (shown.length === 0) {
      this.close();
      return;
    }
    if (this.found.length > SHOWN) {
      const all = element("li", `Voir les ${this.found.length} résultats`, "all");
      this.list.append(this.chosen(all, SHOWN));
    }
    this.open();
    this.choose(0);
  }

  private option(one: Found, at: number): HTMLElement {
    const item = document.createElement("li");
    item.append(element("span", KINDS[one.kind], "kind"), " ", element("span", one.title, "title"));
    item.append(" ", element("span", one.said || one.detail, "detail"));
    return this.chosen(item, at);
  }

  private chosen(item: HTMLElement, at: number): HTMLElement {
    item.setAttribute("role", "option");
    item.id = `${this.list.id}-${at}`;
    // before the field loses the focus, which closes the list
    item.addEventListener("pointerdown", (event) => event.preventDefault());
    item.addEventListener("click", () => {
      this.at = at;
      this.go();
    });
    return item;
  }

  private choose(at: number): void {
    const options = [...this.list.children];
    this.at = (at + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.at)));
    const own = options[this.at];
    this.input.setAttribute("aria-activedescendant", own?.id ?? "");
    own?.scrollIntoView({ block: "nearest" });
  }

  private press(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && !this.list.hidden) this.close();
    else if (step && this.found.length > 0) {
      if (this.list.hidden) this.open();
      else this.choose(this.at + step);
    } else return;
    event.preventDefault();
  }

  private open(): void {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Open what is chosen; the page of all results where nothing is, or all are asked for. */
  private go(): void {
    const typed = this.input.value.trim();
    const one = this.list.hidden ? undefined : this.found[this.at];
    if (one && this.at < SHOWN) location.assign(this.root + one.href);
    else if (typed) location.assign(`${this.root}${this.form.dataset.all}?q=${encodeURIComponent(typed)}`);
  }
}

/** The page of all results: links under a field, both after the address. */
function listAll(form: HTMLFormElement, host: HTMLElement): void {
  const input = form.querySelector("input") as HTMLInputElement;
  const status = form.querySelector("[role=status]") as HTMLElement;
  const root = form.dataset.root ?? "";
  const look = async (): Promise<void> => {
    const typed = input.value.trim();
    remember(typed);
    try {
      const finder = await loadFinder(form.dataset.names ?? "");
      if (typed !== input.value.trim()) return;
      const found = finder.find(typed);
      const cut = found.length > LISTED ? `, dont voici les ${LISTED} premiers` : "";
      status.textContent = typed ? count(found) + cut : "";
      host.replaceChildren(...found.slice(0, LISTED).map((one) => resultOf(one, root)));
    } catch {
      status.textContent = FAILED;
    }
  };
  input.addEventListener("input", () => void look());
  form.addEventListener("submit", (event) => event.preventDefault());
  input.value = askedFor();
  if (input.value) void look();
}

function resultOf(one: Found, root: string): HTMLElement {
  const item = document.createElement("li");
  const link = element("a", one.title) as HTMLAnchorElement;
  link.href = root + one.href;
  const said = [one.said, one.detail].filter(Boolean).join(" ; ");
  item.append(element("span", KINDS[one.kind], "kind"), " ", link, " ", element("span", said, "detail"));
  return item;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-find]")) {
  const host = document.querySelector<HTMLElement>("[data-results]");
  if (host && form.dataset.find === "all") listAll(form, host);
  else new Box(form);
}
