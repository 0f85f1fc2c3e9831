import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;

/**
 * Runs the application in Java until the DIE_AT-th point of its work, and kills it there as {@code kill -9} does.
 *
 * <p>A point is where something is written, before and after a transaction is stored, and before a request to the seller API. The
 * point before an event is answered is the one after the transaction: nothing that outlives the process happens between them.
 * Without EACH_WRITE only the first write of a connection is a point.
 */
final class Mortal {
    private static final int LAST = Integer.parseInt(System.getenv("DIE_AT"));
    private static final boolean EACH_WRITE = !System.getenv("EACH_WRITE").isEmpty();
    private static final AtomicInteger POINTS = new AtomicInteger();

    private Mortal() { }

    private static void point() {
        if (POINTS.incrementAndGet() == LAST) {
            try {
                new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).inheritIO().start().waitFor();
                Thread.sleep(Long.MAX_VALUE); // Nothing more happens here until it is dead.
            } catch (IOException | InterruptedException error) {
                throw new IllegalStateException("it cannot be killed", error);
            }
        }
    }

    public static void main(String[] arguments) throws ReflectiveOperationException, SQLException {
        Class.forName("org.sqlite.JDBC");
        Driver real = DriverManager.getDriver("jdbc:sqlite:any");
        DriverManager.deregisterDriver(real);
        DriverManager.registerDriver(new MortalDriver(real));
        // The JDK's client asks it for each request.
        ProxySelector.setDefault(new ProxySelector() {
            @Override
            public List<java.net.Proxy> select(URI uri) {
                point();
                return List.of(java.net.Proxy.NO_PROXY);
            }

            @Override
            public void connectFailed(URI uri, SocketAddress address, IOException error) { }
        });
        Application.main(arguments);
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Mortal.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object invoke(java.lang.reflect.Method method, Object on, Object... arguments) throws Throwable {
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException error) {
            throw error.getCause();
        }
    }

    private static Connection mortal(Connection real) {
        boolean[] isChanged = {false};
        return proxy(Connection.class, (proxy, method, arguments) -> {
            boolean isCommit = method.getName().equals("commit") && isChanged[0];
            if (isCommit) point();
            Object result = invoke(method, real, arguments);
            if (isCommit) point();
            if (!(result instanceof PreparedStatement statement)) return result;
            boolean isWrite = List.of("INSERT", "UPDATE", "DELETE").contains(arguments[0].toString().split(" ", 2)[0]);
            return isWrite ? mortal(statement, isChanged) : statement;
        });
    }

    private static PreparedStatement mortal(PreparedStatement real, boolean[] isChanged) {
        return proxy(PreparedStatement.class, (proxy, method, arguments) -> {
            if (method.getName().startsWith("execute")) {
                if (EACH_WRITE || !isChanged[0]) point();
                isChanged[0] = true;
            }
            return invoke(method, real, arguments);
        });
    }

    private record MortalDriver(Driver real) implements Driver {
        @Override
        public Connection connect(String url, Properties settings) throws SQLException {
            return mortal(real.connect(url, settings));
        }

        @Override
        public boolean acceptsURL(String url) throws SQLException {
            return real.acceptsURL(url);
        }

        @Override
        public DriverPropertyInfo[] getPropertyInfo(String url, Properties settings) throws SQLException {
            return real.getPropertyInfo(url, settings);
        }

        @Override
        public int getMajorVersion() {
            return real.getMajorVersion();
        }

        @Override
        public int getMinorVersion() {
            return real.getMinorVersion();
        }

        @Override
        public boolean jdbcCompliant() {
            return real.jdbcCompliant();
        }

        @Override
        public Logger getParentLogger() {
            return Logger.getGlobal();
        }
    }
}
