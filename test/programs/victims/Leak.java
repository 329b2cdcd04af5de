import java.nio.file.*;
import java.util.*;

/** Garbage on top of a list that keeps one object in forty: the floor of the sawtooth rises. -Xmx is above the limit. */
class Leak {
  static final List<byte[]> kept = new ArrayList<>();
  public static void main(String[] args) throws Exception {
    long requests = 0;
    double pace = Double.parseDouble(System.getenv().getOrDefault("PACE", "1"));
    while (true) {
      for (int i = 0; i < 40; i++) {
        byte[] body = new byte[16 * 1024];
        Arrays.fill(body, (byte) 1);
        if (requests++ % 40 == 0) for (int j = 0; j < 4; j++) kept.add(body.clone());
      }
      if (requests % 400 == 0) Files.writeString(Path.of(System.getenv("TRAFFIC")), Long.toString(requests));
      Thread.sleep((long) (200 / pace));
    }
  }
}
