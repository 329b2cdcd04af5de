// A Node.js server's worst habit: every request leaves something behind in a map. Traffic swings, the leak follows it.
import { writeFileSync } from 'node:fs';

const pace = Number(process.env.PACE ?? 1);
const kept = new Map();
let requests = 0;
const begin = Date.now();
function request() {
  requests += 1;
  kept.set(requests, { body: `${'x'.repeat(64)}${requests}`, list: Array.from({ length: 1200 }, (_, i) => i + requests) });
}
setInterval(() => {
  const phase = ((Date.now() - begin) / 1000 / (120 / pace)) * 2 * Math.PI;
  const perTick = pace * (5 + 4 * Math.sin(phase));
  for (let i = 0; i < perTick; i++) request();
  writeFileSync(process.env.TRAFFIC, String(requests));
}, 100);
