# One image for the three processes of Dagster: web server, daemon and code location.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements-uv.lock requirements.lock ./
RUN python -m venv /app/.venv \
    && /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
    && /app/.venv/bin/python -m uv pip install --no-cache --python /app/.venv/bin/python \
       --require-hashes --compile-bytecode -r requirements.lock
COPY pyproject.toml README.md workspace.yaml ./
COPY observatory observatory
COPY assets assets
COPY sources sources
COPY checks checks
COPY deploy/start.sh deploy/start.sh
RUN /app/.venv/bin/python observatory/web/scripts/bundle.py \
    && rm -rf observatory/web/scripts/node_modules
RUN /app/.venv/bin/python -m uv pip install --no-cache --python /app/.venv/bin/python \
      --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --home-dir /home/observatory observatory \
    && install -d -o 10001 -m 0700 /data /data/dagster /data/tmp
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    OBSERVATORY_HOME=/data \
    TMPDIR=/data/tmp \
    DAGSTER_HOME=/data/dagster \
    DAGSTER_DISABLE_TELEMETRY=1
USER 10001
WORKDIR /app
CMD ["observatory", "doctor"]
