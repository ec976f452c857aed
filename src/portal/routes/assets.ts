import type { Route } from './route.ts';

/** GET /assets/… : scripts, named by what is in them; nothing of a person. */
export const assetsRoute: Route = (app, { parts }) => {
  app.get('/assets/:digest/:name', (request, response, next) => {
    const source = parts.assets.find(request.path);
    if (source === undefined) return next();
    response
      .set('Cache-Control', 'public, max-age=31536000, immutable')
      .set('Content-Type', 'text/javascript; charset=utf-8')
      .send(source);
  });
};
