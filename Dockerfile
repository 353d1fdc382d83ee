# Trunkline in a container:
#
#   docker build -t trunkline .
#   docker run -p 4400:4400 -v trunkline:/data -e TRUNKLINE_PUBLIC_URL=https://hooks.example.com trunkline
#
# The first API key is then in /data/first-key. Settings: docs/configuration.md.
#
# The tests need no container engine: server/test/prove/container.test.ts runs these steps in plain folders and starts what
# they make. The image itself is not built in a test.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY senders/package.json senders/
COPY sdk/package.json sdk/
COPY cli/package.json cli/
COPY dashboard/package.json dashboard/
COPY server/package.json server/
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
# Look-ups of names have half of these threads; a few silent name servers must not hold up all others.
ENV UV_THREADPOOL_SIZE=64
ENV HOST=0.0.0.0
ENV TRUNKLINE_DATA=/data
WORKDIR /app
COPY --from=build /app ./
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 4400
HEALTHCHECK --start-period=30s --interval=30s --timeout=5s CMD node -e "fetch('http://127.0.0.1:' + (process.env.PORT || 4400) + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
CMD ["node", "server/bundle/main.js"]
