/** The yardstick: fetches all pods, events and nodes in pages and does nothing but `JSON.parse` each page. `node … URL` */
import * as http from 'node:http';

const [server = ''] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      })
      .on('error', reject);
  });
}

let items = 0;
for (const plural of ['pods', 'events', 'nodes']) {
  let token: string | undefined;
  do {
    const next: string = token === undefined ? '' : `&continue=${encodeURIComponent(token)}`;
    const page = JSON.parse(await fetchText(`${server}/api/v1/${plural}?limit=500${next}`)) as {
      readonly items: readonly unknown[];
      readonly metadata: { readonly continue?: string };
    };
    items += page.items.length;
    token = page.metadata.continue;
  } while (token !== undefined);
}
agent.destroy();
console.log(items);
