# Built in one stage, run in another: what runs has neither compilers nor pip's cache, and is not root.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY .ci/constraints.txt .ci/constraints.txt
COPY apim_audit apim_audit
RUN python -m venv /opt/apim-audit \
 && PIP_CONSTRAINT=/src/.ci/constraints.txt /opt/apim-audit/bin/pip install --no-cache-dir --no-compile . \
 && /opt/apim-audit/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --uid 65532 --user-group --no-create-home --home-dir /audit --shell /usr/sbin/nologin apim-audit
COPY --from=build /opt/apim-audit /opt/apim-audit
ENV PATH=/opt/apim-audit/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /audit
USER 65532:65532
ENTRYPOINT ["apim-audit"]
CMD ["--help"]
