/** Finds pages by the names that people type: half words, no accents, any order, small slips. */

import MiniSearch, { type SearchOptions } from "minisearch";
import { collator, plain } from "./table.js";

export interface Target {
  href: string;
  title: string;
  kind: "commune" | "occupation" | "park" | "pole";
  detail: string;
}
export interface Found extends Target {
  /** The name that was matched, where it is not the page's own title. */
  said: string;
}
interface Names {
  targets: [string, string, Target["kind"], string][];
  names: [string, string, number, number[]][];
}
interface Entry {
  id: number;
  text: string;
  code: string;
  nature: number;
  targets: number[];
  words: string[];
}

// small words of names; asked for alone, they are looked for all the same
const SMALL = new Set("a au aux d de des du en et l la le les par pour sur un une".split(" "));
const SHORT: Record<string, string> = { st: "saint", ste: "sainte" };
const KINDS: Target["kind"][] = ["commune", "occupation", "park", "pole"];
const NATURES = ["", "métier plus fin", "titre de 2009", "ROME", "appellation"];
const SLIP = 0.2;

const spaced = (text: string): string => plain(text).replace(/œ/gu, "oe").replace(/[^a-z0-9]+/gu, " ").trim();
const wordsOf = (text: string): string[] => spaced(text).split(" ").filter(Boolean).map((word) => SHORT[word] ?? word);
const singular = (word: string): string => (word.length > 3 ? word.replace(/[sx]$/u, "") : word);
const telling = (words: string[]): string[] => {
  const kept = words.filter((word) => !SMALL.has(word));
  return kept.length > 0 ? kept : words;
};

/** How near a name is to what was typed, the nearest first. */
function distance(entry: Entry, typed: string[]): number {
  const [own, asked] = [entry.words, typed];
  const tests: ((words: string[]) => string[])[] = [
    (words) => words,
    telling,
    (words) => telling(words).map(singular),
  ];
  const said = (form: (words: string[]) => string[], words: string[]): string => form(words).join(" ");
  if (spaced(entry.code) === asked.join(" ")) return 0;
  const equal = tests.findIndex((form) => said(form, own) === said(form, asked));
  if (equal >= 0) return Math.min(equal, 1);
  const begun = tests.findIndex((form) => said(form, own).startsWith(said(form, asked)));
  return begun >= 0 ? 2 + begun : 5;
}

export class Finder {
  private readonly engine = new MiniSearch<Entry>({
    fields: ["text", "code"],
    tokenize: (text) => wordsOf(text).map(singular),
    processTerm: (term) => term,
  });
  private readonly entries: Entry[];

  constructor(private readonly known: Names) {
    this.entries = known.names.map(([text, code, nature, targets], id) => ({
      id,
      text,
      // an appellation bears the code of many others
      code: NATURES[nature] === "appellation" ? "" : code,
      nature,
      targets,
      words: wordsOf(text),
    }));
    this.engine.addAll(this.entries);
  }

  /** All pages for what was typed, the best first; each once, by its best name. */
  find(text: string): Found[] {
    const typed = wordsOf(text);
    if (typed.length === 0) return [];
    const query = telling(typed).map(singular).join(" ");
    const common: SearchOptions = { prefix: true, combineWith: "AND" };
    const slips: SearchOptions = { ...common, fuzzy: (term) => (term.length > 3 ? SLIP : false) };
    // word by word; else with slips of the finger; else some of the words
    for (const options of [common, slips, { ...slips, combineWith: "OR" } as SearchOptions]) {
      const hits = this.engine.search(query, options);
      if (hits.length > 0) return this.pages(this.ordered(hits, typed));
    }
    return [];
  }

  private ordered(hits: { id: number }[], typed: string[]): Entry[] {
    const asked = new Set(telling(typed).map(singular));
    const ranked = hits.flatMap(({ id }) => {
      const entry = this.entries[id];
      if (!entry) return [];
      const whole = new Set(entry.words.map(singular).filter((word) => asked.has(word))).size;
      const kind = KINDS.indexOf(this.known.targets[entry.targets[0] ?? 0]?.[2] ?? "pole");
      return [{ entry, rank: [distance(entry, typed), -whole, kind, entry.nature, entry.words.length] }];
    });
    const compare = (one: (typeof ranked)[number], other: (typeof ranked)[number]): number => {
      const at = one.rank.findIndex((value, place) => value !== other.rank[place]);
      if (at < 0) return collator.compare(one.entry.text, other.entry.text);
      return (one.rank[at] ?? 0) - (other.rank[at] ?? 0);
    };
    return ranked.sort(compare).map(({ entry }) => entry);
  }

  private pages(entries: Entry[]): Found[] {
    const found = new Map<number, Found>();
    for (const entry of entries) {
      for (const at of entry.targets) {
        const target = this.known.targets[at];
        if (!target || found.has(at)) continue;
        const [href, title, kind, detail] = target;
        found.set(at, { href, title, kind, detail, said: this.said(entry, title) });
      }
    }
    return [...found.values()];
  }

  private said(entry: Entry, title: string): string {
    if (entry.text === title) return "";
    const [, code = ""] = this.known.names[entry.id] ?? [];
    return `${NATURES[entry.nature]} : ${entry.text} (${code})`;
  }
}

let coming: Promise<Finder> | null = null;

/** The names come once, as a script: a page that is read from a disk may load no other file. */
export function loadFinder(address: string): Promise<Finder> {
  coming ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => {
      const { observatoryNames } = globalThis as unknown as { observatoryNames?: Names };
      if (observatoryNames) resolve(new Finder(observatoryNames));
      else reject(new Error(`no names in ${address}`));
    });
    script.addEventListener("error", () => {
      coming = null;
      reject(new Error(`no names at ${address}`));
    });
    document.head.append(script);
  });
  return coming;
}
