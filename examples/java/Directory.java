import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What KooGallery synchronises of a buyer's enterprise (joint operations). Events name at most 100 of the changed users or
 * departments, so the whole is read anew from the seller API after each of them.
 *
 * <p>联营 kit 同步的企业、应用、部门和用户：收到事件后，通过商家接口重新读取全部。
 */
enum Directory {
    TENANTS("tenants", "bindings", "tenantCode", "name", "domainName"),
    APPLICATIONS("applications", null, "name", "clientId"),
    DEPARTMENTS("departments", "departments", "orgCode", "orgName", "parentCode"),
    USERS("users", "users", "userName", "name", "role");

    private final String table;
    /** The array of the answer; null if the answer is the one entry. */
    private final String list;
    private final List<String> columns;

    Directory(String table, String list, String... columns) {
        this.table = table;
        this.list = list;
        this.columns = List.of(columns);
    }

    /** Whose directory it is. What an event does not name is empty. */
    record Of(String tenant, String instance, String application) {
        /** As an event or a task names it. */
        static Of members(Map<String, Object> data) {
            return new Of(or(data, "tenantId"), or(data, "instanceId"), or(data, "appId"));
        }

        private static String or(Map<String, Object> data, String name) {
            String text = Json.text(data, name);
            return text == null ? "" : text;
        }
    }

    /** The one that events of a subject are about; null if they are about none. */
    static Directory of(String subject) {
        return switch (subject) {
            case "tenant" -> TENANTS;
            case "application" -> APPLICATIONS;
            case "departments" -> DEPARTMENTS;
            case "users" -> USERS;
            default -> null;
        };
    }

    /** Where the seller API has it, below /v1/. */
    String path(Of of) {
        String path = SellerApi.path("tenants", of.tenant());
        if (this == APPLICATIONS) path += "/" + SellerApi.path("applications", of.application());
        else if (this != TENANTS) path += "/" + table;
        String separator = "?";
        if (this != TENANTS && !of.instance().isEmpty()) {
            path += separator + "instanceId=" + SellerApi.path(of.instance());
            separator = "&";
        }
        if (this == USERS) path += separator + "appId=" + SellerApi.path(of.application());
        return this == TENANTS || this == APPLICATIONS ? path : path + (path.contains("?") ? "&" : "?") + "limit=200";
    }

    /** The entries that count, of all pages of the answer. */
    List<Map<String, Object>> entries(List<Map<String, Object>> pages, Of of) {
        return pages.stream()
                .flatMap(page -> list == null ? List.of(page).stream() : Json.objects(page, list).stream())
                .filter(entry -> counts(entry, of))
                .toList();
    }

    private boolean counts(Map<String, Object> entry, Of of) {
        return switch (this) {
            // The answer has those of other instances, too.
            case TENANTS, APPLICATIONS -> of.instance().equals(Of.or(entry, "instanceId"));
            case DEPARTMENTS -> true;
            case USERS -> Boolean.TRUE.equals(entry.get("enabled")) && !Boolean.TRUE.equals(entry.get("revoked"));
        };
    }

    /** Puts these entries in the place of those that are there. */
    void store(Database.Transaction db, Of of, List<Map<String, Object>> entries) throws SQLException {
        Map<String, Object> whose = new LinkedHashMap<>();
        whose.put("tenantId", of.tenant());
        whose.put("instanceId", of.instance());
        whose.put("appId", of.application());
        db.update("DELETE FROM " + table + " WHERE tenantId = ? AND instanceId = ? AND appId = ?", whose.values().toArray());
        for (Map<String, Object> entry : entries) {
            Map<String, Object> row = new LinkedHashMap<>(whose);
            for (String column : columns) row.put(column, Json.text(entry, column));
            db.insert(table, row);
        }
        System.out.println(table + " of tenant " + of.tenant() + ": " + entries.size());
    }
}
