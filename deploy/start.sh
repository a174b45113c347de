#!/bin/sh
# Starts one process of the deployment: code, web or daemon. Code and web listen on the loopback
# address of this machine; LISTEN_ON names another, for containers or behind a firewall.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
DAGSTER_POSTGRES_URL="$(cat "${OBSERVATORY_SECRETS_DIR:?is not set}/dagster_postgres_url")"
export DAGSTER_POSTGRES_URL
workspace="${WORKSPACE:-$here/workspace.yaml}"
address="${LISTEN_ON:-127.0.0.1}"
case "${1:-}" in
  code) exec dagster api grpc -m observatory.definitions -h "$address" -p "${CODE_PORT:-4000}" ;;
  web) exec dagster-webserver -h "$address" -p "${WEB_PORT:-3000}" -w "$workspace" ;;
  daemon) exec dagster-daemon run -w "$workspace" ;;
  *) echo "start.sh: code, web or daemon" >&2; exit 2 ;;
esac
