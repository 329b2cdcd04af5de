// Sets new keys of 1 KiB at a steady rate, none of which ever expires. Arguments: socket, keys per second.
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';

const [path, rate] = process.argv.slice(2);
const value = 'v'.repeat(1024);
let requests = 0;
function open() {
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  const timer = setInterval(() => {
    for (let i = 0; i < (Number(rate) * Number(process.env.PACE ?? 1)) / 10; i++) {
      const key = `key:${Date.now()}:${requests++}`;
      socket.write(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`);
    }
    writeFileSync(process.env.TRAFFIC, String(requests));
  }, 100);
  socket.on('close', () => {
    clearInterval(timer);
    setTimeout(open, 500);
  });
}
open();
