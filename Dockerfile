# Three stages: what is needed to run, what is needed to build, and an image of the first and of what the second made.
FROM node:20-bookworm AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:20-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/bundle.ts ./scripts/
COPY scripts/shared/bundle.ts ./scripts/shared/
COPY src ./src
RUN npm run build

FROM node:20-bookworm-slim
# Node alone is needed from here on; what is not there needs no updates.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
 && mkdir /data \
 && chown 10001:10001 /data
WORKDIR /app
# Where an embedded store is by default.
RUN ln -s /data data
COPY package.json ./
COPY config ./config
COPY deploy/docker/health-check.js ./
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Listens on all addresses of IPv6 and IPv4. Beyond loopback the service refuses the shipped tokens: without identity set
# up it says so and ends.
ENV NODE_ENV=production HOST=::
# A number, so that Kubernetes can tell that it is not root. The files above are root's, and are not to be written.
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8774
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "health-check.js"]
ENTRYPOINT ["node"]
CMD ["dist/main.js"]
