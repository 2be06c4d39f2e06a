# Linli's web or job process (compose.yaml). UNTESTED, as compose.yaml is. The lockfile brings its own Node 24 into
# node_modules; the image's only runs npm and the wrapper.
FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY . .
# The wrapper notes here which lockfile is installed; at run time the application's files stay as they are.
RUN node scripts/with-node.mjs scripts/start-web.ts --help > /dev/null \
  && mkdir -p /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
CMD ["npm", "run", "--silent", "start:web"]
