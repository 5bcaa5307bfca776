# The first stage builds the service; the second stage becomes the image. The base images contain the newest LTS version of
# Node. docs/deploy/container.md has a command that pins the base images to digests.
FROM node:26-trixie AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# npm compares the digests of the packages with package-lock.json. No install scripts are needed, because the package
# better-sqlite3 contains its binary.
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/bundle.ts ./scripts/
COPY scripts/shared/bundle.ts ./scripts/shared/
COPY src ./src
RUN npm run build
COPY deploy/docker/prune.sh ./
RUN npm prune --ignore-scripts --omit=dev --omit=optional && sh prune.sh node_modules

FROM node:26-trixie-slim
# The service needs Node but not npm. Group 0 may write to /data, because OpenShift runs the image as a random user who
# belongs to this group.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
 && mkdir /data \
 && chown 10001:0 /data \
 && chmod 770 /data
WORKDIR /app
# By default, the service creates its SQLite database in the folder `data`.
RUN ln -s /data data
COPY package.json LICENSE NOTICE ./
COPY config ./config
COPY deploy/docker/health-check.js ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nova-action-log" \
      org.opencontainers.image.description="The action log of OpenStack servers as a service: Nova's APIs os-instance-actions, os-migrations, os-server-groups and os-instance_usage_audit_log." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/node:26-trixie-slim"
# The service listens on all IPv6 and IPv4 addresses. It starts only if Keystone or a tokens file is configured.
ENV NODE_ENV=production HOST=::
# The user is a number, so that Kubernetes can verify that the user is not root. The files above belong to root, and this
# user cannot change them.
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8774
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "health-check.js"]
ENTRYPOINT ["node"]
CMD ["dist/main.js"]
