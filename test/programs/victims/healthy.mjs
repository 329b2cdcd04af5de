// A Node.js server that keeps nothing: each request makes garbage, the collector takes it back.
import { writeFileSync } from 'node:fs';

const pace = Number(process.env.PACE ?? 1);
let requests = 0;
const last = {};
setInterval(() => {
  for (let i = 0; i < 4 * pace; i++) {
    requests += 1;
    last.garbage = Array.from({ length: 4000 }, (_, j) => ({ j, requests }));
  }
  writeFileSync(process.env.TRAFFIC, String(requests));
}, 50);
