# syntax=docker/dockerfile:1
# The image of all of Broadsheet's services. It holds a checkout: settings and Alembic look for one.
ARG PYTHON_IMAGE=python:3.13.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# As in the Makefile: pip cannot install what uv locked, as extras have no lines of their own.
RUN python -m venv /opt/venv && pip install --no-cache-dir --disable-pip-version-check uv==0.13.8
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH
WORKDIR /opt/broadsheet
COPY requirements.lock ./
RUN uv pip install --compile-bytecode --only-binary :all: --require-hashes --requirement requirements.lock
COPY . .
# The lock file has the development tools too, hatchling among them, which installs the checkout.
RUN uv pip install --no-deps --no-build-isolation --editable . \
    && python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > /tmp/dev.txt \
    && uv pip uninstall --requirement /tmp/dev.txt \
    && uv pip check \
    && python -m compileall -q pipelines models migrations

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/broadsheet broadsheet \
    && install --directory --owner broadsheet --group broadsheet --mode 0750 \
        /var/lib/broadsheet /var/lib/broadsheet/dagster
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/broadsheet /opt/broadsheet
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BROADSHEET_HOME=/var/lib/broadsheet \
    DAGSTER_HOME=/var/lib/broadsheet/dagster \
    DAGSTER_DISABLE_TELEMETRY=yes \
    CREDENTIALS_DIRECTORY=/run/secrets
WORKDIR /opt/broadsheet
USER 10001:10001
ENTRYPOINT ["deploy/entrypoint"]
CMD ["broadsheet", "--help"]
