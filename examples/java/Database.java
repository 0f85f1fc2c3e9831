import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * The database, by plain JDBC and plain SQL: only the address and the settings here are SQLite's. With a database server, use your
 * pool of connections, and transactions that are serializable.
 *
 * <p>只用标准 JDBC 和标准 SQL；换成 MySQL 等数据库时，改这里的地址和设置，使用连接池和可串行化（SERIALIZABLE）事务。
 */
final class Database {
    // The columns have the names of the events' members, so no name is translated.
    private static final String HELD = "id VARCHAR(64) PRIMARY KEY, customerId VARCHAR(64), orderId VARCHAR(64), productId VARCHAR(64),"
            + " skuCode VARCHAR(64), quantity NUMERIC(18,4), expireTime VARCHAR(32), status VARCHAR(16), cause VARCHAR(16)";
    private static final String KIT = "tenantId VARCHAR(64), instanceId VARCHAR(64), appId VARCHAR(64)";
    private static final List<String> SCHEMA = List.of(
            "events (id VARCHAR(64) PRIMARY KEY, type VARCHAR(64))",
            "customers (id VARCHAR(64) PRIMARY KEY, name VARCHAR(255))",
            "instances (" + HELD + ", acceptanceTime VARCHAR(32), used NUMERIC(18,4), quota NUMERIC(18,4))",
            "licenseCodes (" + HELD + ")",
            "paidOrders (id VARCHAR(64) PRIMARY KEY, orderId VARCHAR(64), productId VARCHAR(64), skuCode VARCHAR(64), quantity NUMERIC(18,4))",
            "licenses (eventId VARCHAR(64) PRIMARY KEY, instanceId VARCHAR(64), orderId VARCHAR(64), deviceFingerprint TEXT, text TEXT)",
            "tenants (" + KIT + ", tenantCode VARCHAR(64), name TEXT, domainName TEXT)",
            "applications (" + KIT + ", name TEXT, clientId TEXT)",
            "departments (" + KIT + ", orgCode TEXT, orgName TEXT, parentCode TEXT)",
            "users (" + KIT + ", userName TEXT, name TEXT, role TEXT)",
            "signIns (" + KIT + ", userName VARCHAR(255), lastAt VARCHAR(32))",
            // What is still to be asked of the seller API, or put there. A newer task takes the place of an equal older one.
            "tasks (id VARCHAR(64) PRIMARY KEY, path TEXT, body TEXT, directory VARCHAR(16), " + KIT + ", tries INTEGER, dueAt BIGINT)");

    private final String url;
    private final Properties settings = new Properties();

    Database(String file) throws SQLException {
        url = "jdbc:sqlite:" + file;
        // Readers do not wait for a writer; a writer waits for another one; and it is alone from its first read on.
        settings.setProperty("journal_mode", "WAL");
        settings.setProperty("busy_timeout", "10000");
        settings.setProperty("transaction_mode", "IMMEDIATE");
        transaction(db -> {
            for (String table : SCHEMA) db.update("CREATE TABLE IF NOT EXISTS " + table);
            return null;
        });
    }

    /** What is done within one transaction. */
    interface Work<T> {
        T in(Transaction db) throws SQLException;
    }

    /** All that the work does is stored, or nothing of it. */
    <T> T transaction(Work<T> work) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, settings)) {
            connection.setAutoCommit(false);
            try {
                T result = work.in(new Transaction(connection));
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException error) {
                connection.rollback();
                throw error;
            }
        }
    }

    /** The statements of one transaction. Values go beside the statement, never into it. */
    record Transaction(Connection connection) {
        /** The rows that a query finds, by the names of their columns. */
        List<Map<String, Object>> rows(String sql, Object... values) throws SQLException {
            try (PreparedStatement statement = prepare(sql, values); ResultSet found = statement.executeQuery()) {
                ResultSetMetaData columns = found.getMetaData();
                List<Map<String, Object>> rows = new ArrayList<>();
                while (found.next()) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    for (int i = 1; i <= columns.getColumnCount(); i++) row.put(columns.getColumnLabel(i), found.getObject(i));
                    rows.add(row);
                }
                return rows;
            }
        }

        /** The row with that id; null if there is none. */
        Map<String, Object> row(String table, String id) throws SQLException {
            return rows("SELECT * FROM " + table + " WHERE id = ?", id).stream().findFirst().orElse(null);
        }

        /** Changes something. Returns of how many rows. */
        int update(String sql, Object... values) throws SQLException {
            try (PreparedStatement statement = prepare(sql, values)) {
                return statement.executeUpdate();
            }
        }

        void insert(String table, Map<String, Object> row) throws SQLException {
            String marks = String.join(", ", Collections.nCopies(row.size(), "?"));
            String columns = String.join(", ", row.keySet());
            update("INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")", row.values().toArray());
        }

        /** Puts a row in the place of the one with its id. */
        void put(String table, Map<String, Object> row) throws SQLException {
            update("DELETE FROM " + table + " WHERE id = ?", row.get("id"));
            insert(table, row);
        }

        private PreparedStatement prepare(String sql, Object... values) throws SQLException {
            PreparedStatement statement = connection.prepareStatement(sql);
            for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
            return statement;
        }
    }
}
