import regular from "@fontsource/source-sans-3/files/source-sans-3-latin-400-normal.woff2";
import {
  addProtocol,
  type ExpressionSpecification,
  type FilterSpecification,
  type LayerSpecification,
  type LngLatBoundsLike,
  Map,
  type MapGeoJSONFeature,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type StyleSpecification,
} from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs";
import { Protocol } from "pmtiles";
import { plain } from "./table.js";

// esbuild leaves the addresses of files relative to this script's folder
const near = (path: string): string => new URL(path, import.meta.url).href;
setWorkerUrl(near(worker));
addProtocol("pmtiles", new Protocol().tile);

interface Class {
  value: string | number | null;
  label: string;
  colour: string;
}
interface Theme {
  id: string;
  title: string;
  layer: string;
  column: string;
  is_graduated: boolean;
  is_shown: boolean;
  classes: Class[];
  note: string;
}
interface Field {
  name: string;
  label: string;
  unit: string | null;
  scale: number;
  unknown: string;
  values: Record<string, string> | null;
}
interface Place {
  kind: "commune" | "park";
  id: string;
  label: string;
  box: [number, number, number, number];
  facts: Record<string, unknown>;
}
interface Content {
  tiles: string;
  bounds: [number, number, number, number];
  base: { tiles: string; attribution: string } | null;
  attribution: string;
  notice: string | null;
  themes: Theme[];
  fields: Record<string, Field[]>;
  titles: Record<string, string>;
  places: Place[];
}

const CLICKED = ["units", "brownfields", "parks", "communes"];
const number = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 2 });

function colour(theme: Theme): ExpressionSpecification {
  const unknown = theme.classes.find(({ value }) => value === null)?.colour ?? "#cccccc";
  const known = theme.classes.filter(({ value }) => value !== null);
  if (!theme.is_graduated) {
    const pairs = known.flatMap(({ value, colour: own }) => [String(value), own]);
    return ["match", ["get", theme.column], ...pairs, unknown] as unknown as ExpressionSpecification;
  }
  const [first, ...more] = known;
  const steps = more.flatMap(({ value, colour: own }) => [Number(value), own]);
  const step = ["step", ["get", theme.column], first?.colour ?? unknown, ...steps];
  return ["case", ["has", theme.column], step, unknown] as unknown as ExpressionSpecification;
}

function layersOf(theme: Theme): LayerSpecification[] {
  const common = { source: "carte", "source-layer": theme.layer } as const;
  const visibility = theme.is_shown ? "visible" : "none";
  if (theme.layer === "brownfields") {
    return [
      {
        ...common,
        id: theme.id,
        type: "circle",
        layout: { visibility },
        paint: {
          "circle-color": colour(theme),
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 4, 14, 9],
          "circle-stroke-color": "#1a1a1a",
          "circle-stroke-width": 1.5,
        },
      },
    ];
  }
  return [
    {
      ...common,
      id: theme.id,
      type: "fill",
      layout: { visibility },
      paint: { "fill-color": colour(theme), "fill-opacity": theme.layer === "communes" ? 0.7 : 0.85 },
    },
  ];
}

function styleOf(content: Content, here: string): StyleSpecification {
  const below = content.themes.filter(({ layer }) => layer === "communes");
  const above = content.themes.filter(({ layer }) => layer === "units");
  const points = content.themes.filter(({ layer }) => layer === "brownfields");
  const tiles = new URL(content.tiles, here).href;
  const line = { type: "line", source: "carte" } as const;
  return {
    version: 8,
    "font-faces": { Source: [{ url: near(regular) }] },
    sources: {
      carte: { type: "vector", url: `pmtiles://${tiles}`, attribution: content.attribution },
      ...(content.base && {
        base: {
          type: "raster" as const,
          tiles: [content.base.tiles],
          tileSize: 256,
          attribution: content.base.attribution,
        },
      }),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#eef1f0" } },
      ...(content.base ? [{ id: "base", type: "raster" as const, source: "base" }] : []),
      ...below.flatMap(layersOf),
      { ...line, id: "communes", "source-layer": "communes", paint: { "line-color": "#6b7780", "line-width": 0.8 } },
      { id: "parks-fill", type: "fill", source: "carte", "source-layer": "parks", paint: { "fill-color": "#1d3f72", "fill-opacity": 0.12 } },
      ...above.flatMap(layersOf),
      { ...line, id: "unit-lines", "source-layer": "units", minzoom: 13, paint: { "line-color": "#ffffff", "line-width": 0.6 } },
      { ...line, id: "parks", "source-layer": "parks", paint: { "line-color": "#1d3f72", "line-width": 1.4 } },
      { ...line, id: "chosen", "source-layer": "parks", filter: ["==", ["get", "site_id"], ""], paint: { "line-color": "#d1410c", "line-width": 3 } },
      ...points.flatMap(layersOf),
      {
        id: "commune-names",
        type: "symbol",
        source: "carte",
        "source-layer": "commune_names",
        layout: { "text-field": ["get", "commune_label"], "text-font": ["Source"], "text-size": 13 },
        paint: { "text-color": "#1a1a1a", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
      },
      {
        id: "park-names",
        type: "symbol",
        source: "carte",
        "source-layer": "park_names",
        minzoom: 12,
        layout: { "text-field": ["get", "site_name"], "text-font": ["Source"], "text-size": 12, "text-max-width": 9 },
        paint: { "text-color": "#14305a", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
      },
    ],
  };
}

/** The state that a link shares: where one looks, what is drawn, which place is open. */
interface Shared {
  view: [number, number, number] | null;
  themes: Set<string> | null;
  place: string | null;
}

function readLink(): Shared {
  const said = new URLSearchParams(location.hash.slice(1));
  const view = (said.get("vue") ?? "").split(",").map(Number);
  const [lng = Number.NaN, lat = Number.NaN, zoom = Number.NaN] = view;
  const themes = said.get("couches");
  return {
    view: [lng, lat, zoom].every(Number.isFinite) ? [lng, lat, zoom] : null,
    themes: themes === null ? null : new Set(themes.split(",")),
    place: said.get("lieu"),
  };
}

export async function showMap(host: HTMLElement): Promise<void> {
  const here = new URL(host.dataset.map ?? "", document.baseURI).href;
  const content = (await (await fetch(here)).json()) as Content;
  const shared = readLink();
  if (shared.themes) {
    for (const theme of content.themes) theme.is_shown = shared.themes.has(theme.id);
  }
  const root = host.closest<HTMLElement>(".map-page") ?? host;
  const map = new Map({
    container: host,
    style: styleOf(content, here),
    maxZoom: 18,
    attributionControl: { compact: false },
    dragRotate: false,
    canvasContextAttributes: { preserveDrawingBuffer: true },
    locale: {
      "NavigationControl.ZoomIn": "Zoom avant",
      "NavigationControl.ZoomOut": "Zoom arrière",
      "Map.Title": "Carte du foncier économique",
    },
    ...(shared.view
      ? { center: [shared.view[0], shared.view[1]] as [number, number], zoom: shared.view[2] }
      : { bounds: content.bounds as LngLatBoundsLike, fitBoundsOptions: { padding: 20 } }),
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  if (content.notice) mark(host, content.notice);
  const page = new Page(map, content, root);
  page.legend();
  page.search();
  map.on("click", (event) => {
    const drawn = map.queryRenderedFeatures(event.point);
    const first = CLICKED.map((layer) => drawn.find((f) => f.sourceLayer === layer)).find(Boolean);
    if (first) page.openFeature(first);
  });
  map.on("moveend", () => page.remember());
  map.on("error", (event) => console.error(event.error.message));
  map.on("idle", () => {
    host.dataset.state = "idle";
  });
  Object.assign(host, { map });
  if (shared.place) page.openPlace(shared.place, shared.view === null);
}

function mark(host: HTMLElement, notice: string): void {
  const watermark = document.createElement("p");
  watermark.className = "watermark";
  watermark.textContent = notice;
  host.append(watermark);
}

class Page {
  private place: string | null = null;
  private readonly hidden = new globalThis.Map<string, Set<string>>();

  constructor(
    private readonly map: Map,
    private readonly content: Content,
    private readonly root: HTMLElement,
  ) {}

  private part(name: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(`[data-part="${name}"]`) ?? this.root;
  }

  /** One box a theme, and under it a box a class: what is unchecked is not drawn. */
  legend(): void {
    const host = this.part("legend");
    for (const theme of this.content.themes) {
      const group = document.createElement("fieldset");
      const title = document.createElement("legend");
      const box = this.box(theme.title, theme.is_shown, (checked) => {
        theme.is_shown = checked;
        this.map.setLayoutProperty(theme.id, "visibility", checked ? "visible" : "none");
        list.hidden = !checked;
        this.remember();
      });
      title.append(box);
      const list = document.createElement("ul");
      list.hidden = !theme.is_shown;
      for (const one of theme.classes) list.append(this.entry(theme, one));
      group.append(title, list);
      if (theme.note) {
        const note = document.createElement("p");
        note.className = "note";
        note.textContent = theme.note;
        list.after(note);
      }
      host.append(group);
    }
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
    const box = this.box(one.label, true, (checked) => {
      const hidden = this.hidden.get(theme.id) ?? new Set<string>();
      if (checked) hidden.delete(String(one.value));
      else hidden.add(String(one.value));
      this.hidden.set(theme.id, hidden);
      this.filter(theme, hidden);
    });
    box.prepend(key);
    item.append(box);
    return item;
  }

  private filter(theme: Theme, hidden: Set<string>): void {
    const kept = ["!", ["in", ["get", theme.column], ["literal", [...hidden]]]];
    this.map.setFilter(theme.id, hidden.size ? (kept as FilterSpecification) : null);
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

  search(): void {
    const host = this.part("search");
    const input = host.querySelector("input");
    const list = host.querySelector("ul");
    if (!input || !list) return;
    const known = this.content.places.map((place) => ({ place, text: plain(place.label) }));
    input.addEventListener("input", () => {
      const words = plain(input.value).split(/\s+/u).filter(Boolean);
      const found = words.length
        ? known.filter(({ text }) => words.every((word) => text.includes(word))).slice(0, 8)
        : [];
      list.replaceChildren(
        ...found.map(({ place }) => {
          const item = document.createElement("li");
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = place.kind === "commune" ? `${place.label} (commune)` : place.label;
          button.addEventListener("click", () => {
            list.replaceChildren();
            input.value = place.label;
            this.openPlace(place.id, true);
          });
          item.append(button);
          return item;
        }),
      );
    });
  }

  openPlace(id: string, move: boolean): void {
    const place = this.content.places.find((one) => one.id === id);
    if (!place) return;
    this.place = id;
    if (move) this.map.fitBounds(place.box, { padding: 40, maxZoom: 16, animate: false });
    const choose = (): void => {
      this.map.setFilter("chosen", ["==", ["get", "site_id"], id]);
    };
    if (this.map.isStyleLoaded()) choose();
    else this.map.once("load", choose);
    this.panel(place.kind === "commune" ? "communes" : "parks", place.label, place.facts);
    this.remember();
  }

  openFeature(feature: MapGeoJSONFeature): void {
    const { properties, sourceLayer = "" } = feature;
    const own = sourceLayer === "communes" ? properties.commune_code : properties.site_id;
    if (sourceLayer === "communes" || sourceLayer === "parks") {
      this.openPlace(String(own), false);
      return;
    }
    this.panel(sourceLayer, this.content.titles[sourceLayer] ?? sourceLayer, properties);
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
    heading.focus();
  }

  private links(layer: string, facts: Record<string, unknown>): HTMLElement[] {
    const links: HTMLElement[] = [];
    const { commune_code: commune, site_id: site } = facts;
    if (commune) links.push(link(`../communes/${String(commune)}.html`, "Fiche de la commune"));
    const park = this.content.places.find(({ id }) => id === site);
    if (park && layer !== "parks") {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `Site : ${park.label}`;
      button.addEventListener("click", () => this.openPlace(park.id, false));
      links.push(button);
    }
    const share = document.createElement("button");
    share.type = "button";
    share.textContent = "Copier le lien de cette vue";
    share.addEventListener("click", () => {
      void navigator.clipboard.writeText(location.href).then(() => {
        share.textContent = "Lien copié";
      });
    });
    links.push(share);
    return links;
  }

  remember(): void {
    const { lng, lat } = this.map.getCenter();
    const shown = this.content.themes.filter(({ is_shown }) => is_shown).map(({ id }) => id);
    const said = new URLSearchParams({
      vue: [lng.toFixed(5), lat.toFixed(5), this.map.getZoom().toFixed(2)].join(","),
      couches: shown.join(","),
    });
    if (this.place) said.set("lieu", this.place);
    history.replaceState(null, "", `#${said.toString()}`);
  }
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
