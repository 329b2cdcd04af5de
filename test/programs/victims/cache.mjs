// A Node.js cache with a bound: it fills within minutes and then replaces its oldest entries.
import { writeFileSync } from 'node:fs';

const pace = Number(process.env.PACE ?? 1);
const most = 4000;
const cache = new Map();
let requests = 0;
setInterval(() => {
  for (let i = 0; i < 3 * pace; i++) {
    requests += 1;
    cache.set(requests, Buffer.alloc(16 * 1024, requests % 256));
    if (cache.size > most) cache.delete(cache.keys().next().value);
  }
  writeFileSync(process.env.TRAFFIC, String(requests));
}, 100);
