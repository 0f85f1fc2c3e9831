import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What each event does to the database. An event's id, what it changes and what it gives to do are one transaction.
 *
 * <p>每个事件只在一个事务里处理一次：事件 ID、数据的变化、要做的任务，一起提交。
 */
final class Shop {
    private final Database database;
    private final Options options;
    private final String address;

    /** @param address where buyers reach this application, without a closing slash */
    Shop(Database database, Options options, String address) {
        this.database = database;
        this.options = options;
        this.address = address;
    }

    /**
     * Works on an event, once. The answer to a purchase is the buyer's way in, also when the event comes again.
     *
     * @return the answer; null for an empty one
     */
    Map<String, Object> take(String eventId, Map<String, Object> event) throws SQLException {
        String type = Json.text(event, "type");
        Map<String, Object> data = Json.object(event, "data");
        if (type == null) throw new IllegalArgumentException("an event has a type");
        database.transaction(db -> {
            if (db.row("events", eventId) == null) {
                db.insert("events", Map.of("id", eventId, "type", type));
                workOn(db, eventId, type, event);
            }
            return null;
        });
        boolean isAsked = type.equals("instance.created") && !options.isPut();
        return isAsked ? Map.of("appInfo", wayIn(Json.text(data, "instanceId"))) : null;
    }

    /** Where the buyer finds the product. Your own application makes an account here. 在这里为买家开通账号。 */
    private Map<String, Object> wayIn(String instance) {
        return Map.of("frontEndUrl", address + "/app/" + SellerApi.path(instance));
    }

    private void workOn(Database.Transaction db, String eventId, String type, Map<String, Object> event) throws SQLException {
        Map<String, Object> data = Json.object(event, "data");
        String subject = type.substring(0, type.indexOf('.') + 1).replace(".", "");
        String word = type.substring(type.indexOf('.') + 1);
        String instance = Json.text(data, "instanceId");
        if (instance != null && Bought.isReleased(db.row("instances", instance))) return; // Nothing personal comes back.
        if (type.equals("license.requested")) makeLicense(db, eventId, data);
        else if (type.equals("order.paid")) paid(db, data);
        else if (type.equals("user.signed_in")) signedIn(db, data, Json.text(event, "timestamp"));
        else if (subject.equals("license")) Bought.keep(db, "licenseCodes", Json.text(data, "license"), word, data);
        else if (subject.equals("instance") || subject.equals("usage")) instance(db, instance, word, data);
        else if (Directory.of(subject) != null) read(db, Directory.of(subject), Directory.Of.members(data));
        // Members and types may be added at any time: what is not known is taken, and does nothing.
    }

    private void instance(Database.Transaction db, String id, String word, Map<String, Object> data) throws SQLException {
        boolean isNew = db.row("instances", id) == null;
        Bought.keep(db, "instances", id, word, data);
        boolean isUnknown = isNew && !word.equals("created") && !word.equals("released");
        if (isUnknown || word.equals("created") && options.isPut()) {
            Tasks.put(db, SellerApi.path("instances", id, "app-info"), wayIn(id), id);
        }
        // What was bought before this database was there: an event does not say all of it, and the seller API does.
        String path = SellerApi.path("instances", id);
        boolean isAsked = !db.rows("SELECT id FROM tasks WHERE path = ? AND body = ''", path).isEmpty();
        if (isUnknown || isAsked) Tasks.readInstance(db, path, id);
    }

    /** Makes the license for a device, or that of an order (License 1.0), and has it handed in. */
    private static void makeLicense(Database.Transaction db, String eventId, Map<String, Object> data) throws SQLException {
        String instance = Json.text(data, "instanceId");
        String order = Json.text(data, "orderId");
        String path = instance == null
                ? SellerApi.path("orders", order, "license")
                : SellerApi.path("instances", instance, "licenses", Json.text(data, "eventId"));
        String more = instance == null ? "productId" : "deviceFingerprint";
        String text = "LICENSE-" + UUID.randomUUID();
        Map<String, Object> license = new LinkedHashMap<>();
        license.put("eventId", eventId);
        license.put("instanceId", instance);
        license.put("orderId", order);
        license.put("deviceFingerprint", data.get("deviceFingerprint"));
        license.put("text", text);
        db.insert("licenses", license);
        Map<String, Object> body = new LinkedHashMap<>(Map.of("text", text));
        if (data.get(more) != null) body.put(more, data.get(more));
        Tasks.put(db, path, body, instance);
        System.out.println("license made for " + path);
    }

    private static void paid(Database.Transaction db, Map<String, Object> data) throws SQLException {
        Map<String, Object> row = new LinkedHashMap<>();
        String line = Json.text(data, "orderLineId");
        row.put("id", line == null ? data.get("orderId") : line);
        for (String name : List.of("orderId", "productId", "skuCode", "quantity")) row.put(name, data.get(name));
        db.put("paidOrders", row);
        System.out.println("order " + row.get("id") + " paid");
    }

    private static void signedIn(Database.Transaction db, Map<String, Object> data, String at) throws SQLException {
        if (!(data.get("userNames") instanceof List<?> names)) return;
        Directory.Of of = Directory.Of.members(data);
        for (Object name : names) {
            db.update("DELETE FROM signIns WHERE instanceId = ? AND appId = ? AND userName = ?", of.instance(), of.application(), name);
            db.update("INSERT INTO signIns VALUES (?, ?, ?, ?, ?)", of.tenant(), of.instance(), of.application(), name, at);
        }
    }

    private static void read(Database.Transaction db, Directory directory, Directory.Of of) throws SQLException {
        // Users without an instance have nothing that they could use.
        if (directory != Directory.USERS || !of.instance().isEmpty()) Tasks.read(db, directory, of);
    }
}
