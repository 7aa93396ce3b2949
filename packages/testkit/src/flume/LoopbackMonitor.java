import com.google.gson.Gson;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.apache.flume.Context;
import org.apache.flume.instrumentation.MonitorService;
import org.apache.flume.instrumentation.util.JMXPollUtil;

/**
 * Flume's counters as JSON, for a test on the same machine.
 *
 * Flume's own HTTP monitoring listens on every interface of the machine and on a port that must be chosen before. This one
 * takes any free port of 127.0.0.1 and prints it, so the reader of this process's output cannot mistake another agent for it.
 */
public final class LoopbackMonitor implements MonitorService {
  private HttpServer server;

  @Override
  public void configure(Context context) {}

  @Override
  public void start() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/metrics", exchange -> {
      byte[] answer = new Gson().toJson(JMXPollUtil.getAllMBeans()).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json; charset=utf-8");
      exchange.sendResponseHeaders(200, answer.length);
      try (var out = exchange.getResponseBody()) {
        out.write(answer);
      }
    });
    server.start();
    System.out.println("metrics on port " + server.getAddress().getPort());
    System.out.flush();
  }

  @Override
  public void stop() {
    if (server != null) {
      server.stop(0);
    }
  }
}
