import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.Executors;

/**
 * A seller's application with a database: customers, instances, licenses and users, from KooGallery's events. It needs JDK 17 or
 * newer and SQLite's JDBC driver, and nothing else. docs/application.md is its guide; {@code --help} lists what can be set.
 *
 * <p>The process may be killed at any point: nothing is lost, nothing counts twice, and the next start does what was still to do.
 *
 * <p>商家应用示例：接收云商店的事件，写入数据库，并调用商家接口。只需要 JDK 17 以上和 SQLite 的 JDBC 驱动。
 */
public final class Application {
    private Application() { }

    public static void main(String[] arguments) {
        if (Arrays.asList(arguments).contains("--help")) {
            System.out.print(Options.help());
            return;
        }
        try {
            start(Options.of(arguments, System.getenv()));
        } catch (Options.Wrong error) {
            System.err.println(error.getMessage());
            System.exit(2);
        } catch (IOException | IllegalArgumentException | SQLException error) {
            System.err.println("cannot start: " + error.getMessage() + hint(error));
            System.exit(1);
        }
    }

    private static String hint(Exception error) {
        boolean isDriverMissing = error instanceof SQLException && error.getMessage().startsWith("No suitable driver");
        return isDriverMissing ? " (put sqlite-jdbc.jar on the class path: -cp classes:sqlite-jdbc.jar)" : "";
    }

    private static void start(Options options) throws IOException, SQLException {
        // The JDK's server waits for ever for a slow caller, and for each short answer 40 ms too long, unless it is told.
        System.setProperty("sun.net.httpserver.maxReqTime", "60");
        System.setProperty("sun.net.httpserver.maxRspTime", "60");
        System.setProperty("sun.net.httpserver.nodelay", "true");
        int colon = options.listen().lastIndexOf(':');
        String host = options.listen().substring(0, colon);
        int port = Integer.parseInt(options.listen().substring(colon + 1));

        Database database = new Database(options.database());
        HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
        String here = "http://" + host + ":" + server.getAddress().getPort();
        Tasks tasks = new Tasks(database, new SellerApi(options));
        Shop shop = new Shop(database, options, options.address().isEmpty() ? here : options.address());
        server.createContext("/", new Web(database, options, shop, tasks));
        server.setExecutor(Executors.newFixedThreadPool(16));
        server.start();
        System.out.println("listening on " + here + "/");
        tasks.run();
    }
}
