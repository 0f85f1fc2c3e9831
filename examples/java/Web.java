import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * POST takes an event, at any path. GET shows /customers, /customers/INSTANCE, and the product at /app/INSTANCE.
 *
 * <p>POST（任何路径）接收事件；GET 显示客户和产品页面。
 */
final class Web implements HttpHandler {
    private static final int MOST_BYTES = 1 << 20;
    private final Database database;
    private final Options options;
    private final Shop shop;
    private final Tasks tasks;

    Web(Database database, Options options, Shop shop, Tasks tasks) {
        this.database = database;
        this.options = options;
        this.shop = shop;
        this.tasks = tasks;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                switch (exchange.getRequestMethod()) {
                    case "POST" -> take(exchange);
                    case "GET" -> show(exchange);
                    default -> answer(exchange, 405, problem("events come by POST, pages by GET"));
                }
            } catch (SQLException | RuntimeException error) { // Whatever it was: nothing is stored, and the event comes again.
                error.printStackTrace();
                answer(exchange, 500, problem("it failed; the log says why"));
            }
        }
    }

    private void take(HttpExchange exchange) throws IOException, SQLException {
        // The bytes as they came: a signature is of them, and not of what a library makes of them.
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            answer(exchange, 413, problem("an event has at most " + MOST_BYTES + " bytes"));
            return;
        }
        String id = header(exchange, "webhook-id");
        String signatures = header(exchange, "webhook-signature");
        long now = System.currentTimeMillis() / 1000;
        if (!options.signature().isRight(id, header(exchange, "webhook-timestamp"), signatures, body, now)) {
            answer(exchange, 401, problem("no secret of WEBHOOK_SECRET signed this in the last five minutes"));
            return;
        }
        try {
            Map<String, Object> answer = shop.take(id, Json.readObject(body));
            tasks.wake();
            answer(exchange, answer == null ? 204 : 200, answer);
        } catch (Json.Malformed error) {
            answer(exchange, 400, problem("the event is no JSON: " + error.getMessage()));
        }
    }

    private void show(HttpExchange exchange) throws IOException, SQLException {
        String[] path = exchange.getRequestURI().getRawPath().replaceFirst("^/", "").replaceFirst("/$", "").split("/", 2);
        String instance = path.length < 2 ? "" : URLDecoder.decode(path[1].replace("+", "%2B"), StandardCharsets.UTF_8);
        Object found = database.transaction(db -> switch (path[0]) {
            case "customers" -> instance.isEmpty() ? customers(db) : instances(db, "id", instance).stream().findFirst().orElse(null);
            case "app" -> product(db.row("instances", instance));
            default -> null;
        });
        if (found == null) answer(exchange, 404, problem("no such page or customer, or access has ended"));
        else answer(exchange, 200, found);
    }

    private static Map<String, Object> product(Map<String, Object> row) {
        if (row == null || !"active".equals(row.get("status"))) return null;
        Map<String, Object> product = new LinkedHashMap<>();
        product.put("welcome", row.get("id"));
        product.put("quantity", row.get("quantity"));
        product.put("expireTime", row.get("expireTime"));
        return product;
    }

    private static List<Object> customers(Database.Transaction db) throws SQLException {
        List<Object> customers = new ArrayList<>();
        for (Map<String, Object> row : db.rows("SELECT * FROM customers ORDER BY id")) {
            row.put("licenseCodes", db.rows("SELECT * FROM licenseCodes WHERE customerId = ?", row.get("id")));
            row.put("instances", instances(db, "customerId", row.get("id")));
            customers.add(row);
        }
        return customers;
    }

    /** Instances with what belongs to them: one by its {@code id}, or those of a {@code customerId}. */
    private static List<Map<String, Object>> instances(Database.Transaction db, String column, Object value) throws SQLException {
        List<Map<String, Object>> rows = db.rows("SELECT * FROM instances WHERE " + column + " = ?", value);
        for (Map<String, Object> row : rows) {
            for (String part : List.of("licenses", "tenants", "applications", "departments", "users", "signIns")) {
                row.put(part, db.rows("SELECT * FROM " + part + " WHERE instanceId = ?", row.get("id")));
            }
        }
        return rows;
    }

    private static String header(HttpExchange exchange, String name) {
        return exchange.getRequestHeaders().getFirst(name);
    }

    private static Map<String, Object> problem(String what) {
        return Map.of("problem", what);
    }

    private static void answer(HttpExchange exchange, int status, Object value) throws IOException {
        if (value == null) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        byte[] text = (Json.write(value) + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, text.length);
        try (OutputStream to = exchange.getResponseBody()) {
            to.write(text);
        }
    }
}
