import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Instances and license codes: what customers bought, in its current state.
 *
 * <p>实例和授权码：事件里的值就是当前状态，直接覆盖；释放（released）之后不再变化，并删除个人信息。
 */
final class Bought {
    private static final List<String> VALUES = List.of("productId", "skuCode", "quantity", "expireTime");
    private static final List<String> PARTS = List.of("licenses", "tenants", "applications", "departments", "users", "signIns", "tasks");

    private Bought() { }

    /** Takes what an event says as the values from now on, and follows frozen, unfrozen and released. */
    static void keep(Database.Transaction db, String table, String id, String word, Map<String, Object> data) throws SQLException {
        Map<String, Object> row = db.row(table, id);
        if (isReleased(row)) return;
        if (row == null) {
            row = new LinkedHashMap<>(Map.of("id", id, "status", "active"));
            row.put("orderId", data.get("orderId"));
        }
        for (String name : VALUES) if (data.containsKey(name)) row.put(name, data.get(name));
        switch (word) {
            case "frozen" -> status(row, "frozen", data.get("cause"));
            case "unfrozen" -> status(row, "active", null);
            case "released" -> status(row, "released", null);
            case "accepted" -> row.put("acceptanceTime", data.get("acceptanceTime"));
            case "package_exhausted" -> {
                row.put("used", data.get("used"));
                row.put("quota", data.get("quota"));
            }
            default -> { } // The values say it all.
        }
        if (Json.text(data, "customerName") != null) keepCustomer(db, row, data);
        store(db, table, row);
        String seats = row.get("quantity") == null ? "" : ", " + row.get("quantity") + " seats";
        System.out.println((table.equals("instances") ? "instance " : "license code ") + id + " " + word + seats);
    }

    /** Stores an instance or a license code. Where it is released, what is personal goes with it. */
    private static void store(Database.Transaction db, String table, Map<String, Object> row) throws SQLException {
        if (isReleased(row)) {
            row.put("customerId", null);
            if (table.equals("instances")) {
                for (String part : PARTS) db.update("DELETE FROM " + part + " WHERE instanceId = ?", row.get("id"));
            }
        }
        db.put(table, row);
        // A customer goes with the last thing that was bought.
        db.update("DELETE FROM customers WHERE NOT EXISTS (SELECT 1 FROM instances WHERE customerId = customers.id)"
                + " AND NOT EXISTS (SELECT 1 FROM licenseCodes WHERE customerId = customers.id)");
    }

    private static void keepCustomer(Database.Transaction db, Map<String, Object> row, Map<String, Object> data) throws SQLException {
        // Until an order's details bring KooGallery's id of the buyer, the purchase itself stands for the customer.
        Object buyer = Json.object(Json.object(data, "order"), "buyerInfo").get("customerId");
        if (buyer != null) row.put("customerId", buyer);
        else if (row.get("customerId") == null) row.put("customerId", row.get("id"));
        Map<String, Object> customer = new LinkedHashMap<>();
        customer.put("id", row.get("customerId"));
        customer.put("name", data.get("customerName"));
        db.put("customers", customer);
    }

    private static void status(Map<String, Object> row, Object status, Object cause) {
        row.put("status", status);
        row.put("cause", cause);
    }

    static boolean isReleased(Map<String, Object> row) {
        return row != null && "released".equals(row.get("status"));
    }

    /** Takes what the seller API says of an instance, of which the events do not say all. */
    static void keepSaid(Database.Transaction db, String id, Map<String, Object> said) throws SQLException {
        Map<String, Object> row = db.row("instances", id);
        Map<String, Object> holds = Json.object(said, "holds");
        for (String name : List.of("orderId", "productId", "expireTime")) row.put(name, said.get(name));
        // What KooGallery waits for is here already: the way in is on its way.
        Object status = said.get("status").equals("provisioning") ? "active" : said.get("status");
        status(row, status, said.get("freezeCause"));
        row.put("skuCode", holds.get("skuCode"));
        row.put("quantity", holds.containsKey("linearValue") ? holds.get("linearValue") : holds.get("amount"));
        store(db, "instances", row);
        System.out.println("instance " + id + " read from the seller API");
    }
}
