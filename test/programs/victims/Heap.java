import java.nio.file.*;
import java.util.*;

/** Keeps nothing but a table of fixed size; the heap is committed up to -Xmx and stays there. */
class Heap {
  static final byte[][] table = new byte[1500][];
  public static void main(String[] args) throws Exception {
    long requests = 0;
    double pace = Double.parseDouble(System.getenv().getOrDefault("PACE", "1"));
    while (true) {
      for (int i = 0; i < 30; i++) {
        byte[] body = new byte[24 * 1024];
        Arrays.fill(body, (byte) 1);
        table[(int) (requests++ % table.length)] = body;
      }
      if (requests % 300 == 0) Files.writeString(Path.of(System.getenv("TRAFFIC")), Long.toString(requests));
      Thread.sleep((long) (300 / pace));
    }
  }
}
