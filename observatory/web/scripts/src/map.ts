import {
  addProtocol,
  AttributionControl,
  type LngLatBoundsLike,
  Map,
  type MapGeoJSONFeature,
  NavigationControl,
  type PointLike,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs";
import { Protocol } from "pmtiles";
import {
  type Class,
  type Content,
  type Field,
  type Mark,
  marksOf,
  type Place,
  readState,
  type State,
  type Theme,
  writeState,
} from "./mapcontent.js";
import { keptBy, styleOf } from "./mapstyle.js";
import { plain } from "./table.js";

// esbuild leaves the addresses of files relative to this script's folder
const near = (path: string): string => new URL(path, import.meta.url).href;
setWorkerUrl(near(worker));
addProtocol("pmtiles", new Protocol().tile);

const CLICKED = ["establishments", "brownfields", "units", "parks", "risks", "zoning", "communes"];
const SHOWN = 8;
const number = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 2 });
const night = matchMedia("(prefers-color-scheme: dark)");

export async function showMap(host: HTMLElement): Promise<void> {
  const here = new URL(host.dataset.map ?? "", document.baseURI).href;
  const content = (await (await fetch(here)).json()) as Content;
  const state = readState(content);
  const root = host.closest<HTMLElement>(".map-page") ?? host;
  const map = new Map({
    container: host,
    style: styleOf(content, here, state, night.matches),
    maxZoom: 18,
    attributionControl: false,
    dragRotate: false,
    canvasContextAttributes: { preserveDrawingBuffer: true },
    locale: {
      "AttributionControl.ToggleAttribution": "Sources de la carte",
      "NavigationControl.ZoomIn": "Zoom avant",
      "NavigationControl.ZoomOut": "Zoom arrière",
      "Map.Title": "Carte du foncier économique",
    },
    ...(state.view
      ? { center: [state.view[0], state.view[1]] as [number, number], zoom: state.view[2] }
      : { bounds: content.bounds as LngLatBoundsLike, fitBoundsOptions: { padding: 20 } }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-left");
  if (content.notice) mark(host, content.notice);
  const page = new Page(map, content, root, state);
  page.legend();
  page.search();
  page.keys();
  night.addEventListener("change", () => map.setStyle(styleOf(content, here, state, night.matches)));
  map.on("click", (event) => page.openAt(event.point));
  map.on("movestart", () => {
    host.dataset.state = "moving";
  });
  map.on("moveend", () => page.remember());
  map.on("error", (event) => console.error(event.error.message));
  map.on("idle", () => {
    host.dataset.state = "idle";
  });
  Object.assign(host, { map });
  // open from the start, the list of sources hides the map of a phone
  map.once("idle", () => {
    host.querySelector(".maplibregl-ctrl-attrib")?.removeAttribute("open");
    host.querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show");
  });
  page.reopen();
}

function mark(host: HTMLElement, notice: string): void {
  const watermark = document.createElement("p");
  watermark.className = "watermark";
  watermark.textContent = notice;
  host.append(watermark);
}

class Page {
  constructor(
    private readonly map: Map,
    private readonly content: Content,
    private readonly root: HTMLElement,
    private readonly state: State,
  ) {}

  private part(name: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(`[data-part="${name}"]`) ?? this.root;
  }

  /** One box a theme, and under it a box a class: what is unchecked is not drawn. */
  legend(): void {
    const host = this.part("legend");
    for (const theme of this.content.themes) host.append(this.themeBox(theme));
    const group = fieldset("Repères");
    const list = document.createElement("ul");
    for (const one of marksOf(this.content)) list.append(this.markBox(one));
    group.append(list);
    host.append(group);
  }

  private themeBox(theme: Theme): HTMLElement {
    const isShown = this.state.themes.has(theme.id);
    const list = document.createElement("ul");
    list.hidden = !isShown;
    const box = this.box(theme.title, isShown, (checked) => {
      put(this.state.themes, theme.id, checked);
      this.draw([theme.id], checked);
      list.hidden = !checked;
    });
    const group = fieldset(box);
    for (const one of theme.classes) list.append(this.entry(theme, one));
    group.append(list);
    if (theme.note) group.append(note(theme.note));
    return group;
  }

  private markBox(one: Mark): HTMLElement {
    const item = document.createElement("li");
    const box = this.box(one.title, this.state.marks.has(one.id), (checked) => {
      put(this.state.marks, one.id, checked);
      this.draw([one.id, `${one.id}-fond`, `${one.id}-sites`, `${one.id}-noms`], checked);
    });
    const key = document.createElement("span");
    key.className = `key mark-${one.key}`;
    box.prepend(key);
    item.append(box);
    if (one.note) item.append(note(one.note));
    return item;
  }

  private draw(layers: string[], isShown: boolean): void {
    for (const id of layers) {
      if (this.map.getLayer(id)) this.map.setLayoutProperty(id, "visibility", isShown ? "visible" : "none");
    }
    this.remember();
  }

  private entry(theme: Theme, one: Class): HTMLLIElement {
    const item = document.createElement("li");
    const key = document.createElement("span");
    key.className = "key";
    key.style.backgroundColor = one.colour;
    if (theme.is_graduated || one.value === null) {
      item.append(key, one.label);
      return item;
    }
    const value = String(one.value);
    const hidden = this.state.hidden.get(theme.id) ?? new Set<string>();
    this.state.hidden.set(theme.id, hidden);
    const box = this.box(one.label, !hidden.has(value), (checked) => {
      put(hidden, value, !checked);
      this.map.setFilter(theme.id, keptBy(theme, this.state));
      this.remember();
    });
    box.prepend(key);
    item.append(box);
    return item;
  }

  private box(text: string, checked: boolean, change: (checked: boolean) => void): HTMLLabelElement {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = checked;
    input.addEventListener("change", () => change(input.checked));
    label.append(input, text);
    return label;
  }

  /** Communes first, then sites; those whose name begins so before those that only hold it. */
  search(): void {
    const host = this.part("search");
    const input = host.querySelector("input");
    const list = host.querySelector("ul");
    if (!input || !list) return;
    const known = this.content.places.map((place) => ({ place, text: spoken(place.label) }));
    const find = (): Place[] => {
      const typed = spoken(input.value);
      const words = typed.split(" ").filter(Boolean);
      if (words.length === 0) return [];
      const found = known.filter(({ text }) => words.every((word) => text.includes(word)));
      const rank = ({ place, text }: (typeof known)[number]): number =>
        (place.kind === "commune" ? 0 : 2) + (text.startsWith(typed) ? 0 : 1);
      return found.sort((a, b) => rank(a) - rank(b)).map(({ place }) => place);
    };
    const open = (place: Place): void => {
      list.replaceChildren();
      input.value = place.label;
      this.openPlace(place.id, true);
    };
    input.addEventListener("input", () => {
      const items = find().slice(0, SHOWN).map((place) => {
        const item = document.createElement("li");
        const title = place.kind === "commune" ? `${place.label} (commune)` : place.label;
        item.append(button(title, () => open(place)));
        return item;
      });
      const nothing = document.createElement("li");
      nothing.textContent = "Aucun lieu de ce nom.";
      list.replaceChildren(...(items.length === 0 && input.value.trim() ? [nothing] : items));
    });
    input.addEventListener("keydown", (event) => {
      const [first] = find();
      if (event.key === "Enter" && first) open(first);
      if (event.key === "Escape") list.replaceChildren();
      if (event.key === "ArrowDown") list.querySelector("button")?.focus();
    });
  }

  /** By key: arrows and + − move, Enter opens what lies under the cross, Escape comes back. */
  keys(): void {
    const canvas = this.map.getCanvas();
    canvas.setAttribute("aria-describedby", "touches");
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.openAt(this.map.project(this.map.getCenter()));
    });
    this.part("panel").addEventListener("keydown", (event) => {
      if (event.key === "Escape") canvas.focus();
    });
  }

  openAt(point: PointLike): void {
    const drawn = this.map.queryRenderedFeatures(point);
    const first = CLICKED.map((layer) => drawn.find((f) => f.sourceLayer === layer)).find(Boolean);
    if (first) this.openFeature(first);
  }

  /** What the address names is opened as it was; a unit is known once its tiles are there. */
  reopen(): void {
    const { place, unit, view } = this.state;
    if (place) this.openPlace(place, view === null);
    if (!unit) return;
    this.state.unit = unit;
    const seek = (): void => {
      const filter = ["==", ["get", "unit_id"], unit] as ["==", ["get", string], string];
      const [found] = this.map.querySourceFeatures("carte", { sourceLayer: "units", filter });
      if (found) this.openUnit(found.properties);
    };
    this.map.once("idle", seek);
  }

  private choose(place: string | null, unit: string | null): void {
    this.state.place = place;
    this.state.unit = unit;
    const set = (): void => {
      this.map.setFilter("chosen", ["==", ["get", "site_id"], place ?? ""]);
      this.map.setFilter("chosen-commune", ["==", ["get", "commune_code"], place ?? ""]);
      this.map.setFilter("chosen-unit", ["==", ["get", "unit_id"], unit ?? ""]);
    };
    if (this.map.getLayer("chosen-unit")) set();
    else this.map.once("load", set);
    this.remember();
  }

  openPlace(id: string, move: boolean): void {
    const place = this.content.places.find((one) => one.id === id);
    if (!place) return;
    if (move) this.map.fitBounds(place.box, { padding: 40, maxZoom: 16, animate: false });
    this.choose(id, null);
    this.panel(place.kind === "commune" ? "communes" : "parks", place.label, place.facts);
  }

  private openUnit(properties: Record<string, unknown>): void {
    this.choose(null, String(properties.unit_id));
    this.panel("units", this.content.titles.units ?? "", properties);
  }

  openFeature(feature: MapGeoJSONFeature): void {
    const { properties, sourceLayer = "" } = feature;
    if (sourceLayer === "communes") this.openPlace(String(properties.commune_code), false);
    else if (sourceLayer === "parks") this.openPlace(String(properties.site_id), false);
    else if (sourceLayer === "units") this.openUnit(properties);
    else this.panel(sourceLayer, this.content.titles[sourceLayer] ?? sourceLayer, properties);
  }

  /** The sheet of what was chosen; every value is text, whatever it says. */
  private panel(layer: string, title: string, facts: Record<string, unknown>): void {
    const host = this.part("panel");
    const heading = document.createElement("h2");
    heading.textContent = title;
    heading.tabIndex = -1;
    const list = document.createElement("dl");
    for (const field of this.content.fields[layer] ?? []) {
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = field.label;
      value.textContent = said(field, facts[field.name]);
      list.append(term, value);
    }
    host.replaceChildren(heading, list, ...this.links(layer, facts));
    heading.focus({ preventScroll: true });
  }

  private links(layer: string, facts: Record<string, unknown>): HTMLElement[] {
    const links: HTMLElement[] = [];
    const { commune_code: commune, site_id: site } = facts;
    const park = this.content.places.find(({ id }) => id === site);
    if (park) links.push(link(`sites/${park.id}.html`, `Fiche du site ${park.label}`));
    if (commune) links.push(link(`../communes/${String(commune)}.html`, "Fiche de la commune"));
    if (park && layer !== "parks") {
      links.push(button(`Site : ${park.label}`, () => this.openPlace(park.id, false)));
    }
    const share = button("Copier le lien de cette vue", () => {
      void navigator.clipboard.writeText(location.href).then(() => {
        share.textContent = "Lien copié";
      });
    });
    links.push(share);
    return links;
  }

  remember(): void {
    const { lng, lat } = this.map.getCenter();
    const round = (value: number, digits: number): number => Number(value.toFixed(digits));
    this.state.view = [round(lng, 5), round(lat, 5), round(this.map.getZoom(), 2)];
    history.replaceState(null, "", `#${writeState(this.state)}`);
  }
}

/** A name as it is typed: no accent, no hyphen, no apostrophe. */
const spoken = (text: string): string => plain(text).replace(/[^a-z0-9]+/gu, " ").trim();

function put(all: Set<string>, one: string, isIn: boolean): void {
  if (isIn) all.add(one);
  else all.delete(one);
}

function fieldset(title: string | HTMLElement): HTMLFieldSetElement {
  const group = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.append(title);
  group.append(legend);
  return group;
}

function note(text: string): HTMLParagraphElement {
  const said = document.createElement("p");
  said.className = "note";
  said.textContent = text;
  return said;
}

function button(text: string, click: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", click);
  return made;
}

function said(field: Field, value: unknown): string {
  if (value === undefined || value === null || value === "") return field.unknown;
  if (typeof value === "boolean") return value ? "oui" : "non";
  if (field.values) return field.values[String(value)] ?? String(value);
  if (typeof value === "number") {
    const shown = number.format(value * field.scale);
    return field.unit ? `${shown} ${field.unit}` : shown;
  }
  return String(value);
}

function link(address: string, text: string): HTMLElement {
  const host = document.createElement("p");
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = text;
  host.append(anchor);
  return host;
}
