# One image for the three processes of Dagster: web server, daemon and code location.
# What builds and tests (requirements-dev.lock) stays in the first stage, in a folder of its own.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements-uv.lock requirements-dev.lock requirements.lock ./
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
    && /tools/bin/python -m uv pip install --no-cache --python /tools/bin/python \
       --require-hashes -r requirements-dev.lock \
    && python -m venv --without-pip /app/.venv \
    && /tools/bin/python -m uv pip install --no-cache --python /app/.venv/bin/python \
       --require-hashes --compile-bytecode -r requirements.lock
COPY pyproject.toml README.md workspace.yaml ./
COPY observatory observatory
COPY assets assets
COPY sources sources
COPY checks checks
COPY deploy/start.sh deploy/start.sh
RUN /tools/bin/python observatory/web/scripts/bundle.py \
    && rm -rf observatory/web/scripts/node_modules
RUN /tools/bin/python -m hatchling build -t wheel -d /tmp/wheel \
    && /tools/bin/python -m uv pip install --no-cache --python /app/.venv/bin/python \
       --no-deps /tmp/wheel/*.whl \
    && rm -f requirements-*.lock

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
