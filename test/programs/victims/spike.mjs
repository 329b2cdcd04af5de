// Flat for minutes; then one request wants all at once ("export everything") and the kernel ends it.
import { writeFileSync } from 'node:fs';

const pace = Number(process.env.PACE ?? 1);
const after = Number(process.env.SPIKE_AFTER_MS) / pace;
let requests = 0;
setInterval(() => {
  requests += 1;
  writeFileSync(process.env.TRAFFIC, String(requests));
}, 100);
setTimeout(() => {
  const rows = [];
  for (;;) rows.push(Buffer.alloc(8 * 1024 * 1024, 1));
}, after);
