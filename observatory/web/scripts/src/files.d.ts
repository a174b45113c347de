declare module "*.woff2" {
  const url: string;
  export default url;
}
declare module "maplibre-gl/dist/maplibre-gl-worker.mjs" {
  const url: string;
  export default url;
}
