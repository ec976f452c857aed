# syntax=docker/dockerfile:1
# The gateway as an image: built from source, run without root, nothing written but /var/lib/onecert.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/onecert
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
RUN groupadd --gid 10443 onecert \
  && useradd --uid 10443 --gid onecert --home-dir /var/lib/onecert --create-home --shell /usr/sbin/nologin onecert \
  && chmod 700 /var/lib/onecert
USER 10443:10443
VOLUME ["/var/lib/onecert"]
EXPOSE 8440 8441 8443 8444
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8444/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/onecert.js"]
CMD ["start", "--config", "/etc/onecert"]
