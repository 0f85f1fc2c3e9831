import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What can be set: options of the command line, or variables. Secrets are variables only, since everybody on the machine can see
 * a command line.
 *
 * @param listen the address and port to listen on
 * @param address where buyers reach it, without a closing slash; empty if that is http:// and {@code listen}
 * @param database the file of the database
 * @param sellerApi where the seller API is, without /v1
 * @param isPut whether the buyer's way in is put later, by the seller API, and not in the answer to the event
 */
record Options(String listen, String address, String database, String sellerApi, boolean isPut, Signature signature, String apiToken) {
    private record Option(String name, String standard, String about) {
        String variable() {
            return name.toUpperCase().replace('-', '_');
        }
    }

    private static final List<Option> ALL = List.of(
            new Option("listen", "127.0.0.1:9100", "the address and port to listen on; whoever reaches it sees /customers"),
            new Option("address", "", "where buyers reach it, if that is not http:// and the same"),
            new Option("database", "customers.db", "the file of the database"),
            new Option("seller-api", "http://127.0.0.1:9000/seller-api", "where the seller API is, without /v1"),
            new Option("provision", "answer", "how the buyer's way in is sent: `answer` to the event, or `put` it later"));

    /** The command line or a variable is wrong. The message says what, and what to do. */
    static final class Wrong extends Exception {
        Wrong(String message) {
            super(message);
        }
    }

    static Options of(String[] arguments, Map<String, String> environment) throws Wrong {
        Map<String, String> chosen = new LinkedHashMap<>();
        for (Option option : ALL) {
            String set = environment.getOrDefault(option.variable(), "");
            chosen.put(option.name(), set.isEmpty() ? option.standard() : set);
        }
        for (int i = 0; i < arguments.length; i += 2) {
            String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
            if (!chosen.containsKey(name)) throw new Wrong("there is no option `" + arguments[i] + "`; --help lists them");
            if (i + 1 == arguments.length) throw new Wrong("--" + name + " needs a value");
            chosen.put(name, arguments[i + 1]);
        }
        String provision = chosen.get("provision");
        if (!List.of("answer", "put").contains(provision)) throw new Wrong("--provision is `answer` or `put`");
        if (!chosen.get("listen").matches(".+:[0-9]{1,5}")) throw new Wrong("--listen is ADDRESS:PORT");
        String token = environment.getOrDefault("API_TOKEN", "");
        String secrets = environment.getOrDefault("WEBHOOK_SECRET", "");
        if (token.isBlank() || secrets.isBlank()) {
            throw new Wrong("WEBHOOK_SECRET and API_TOKEN must be set; `koogallery serve` prints those for tests");
        }
        String sellerApi = chosen.get("seller-api").replaceFirst("/+$", "").replaceFirst("/v1$", "");
        String address = chosen.get("address").replaceFirst("/+$", "");
        boolean isPut = provision.equals("put");
        return new Options(chosen.get("listen"), address, chosen.get("database"), sellerApi, isPut, signature(secrets), token);
    }

    private static Signature signature(String secrets) throws Wrong {
        try {
            return new Signature(secrets);
        } catch (IllegalArgumentException error) {
            throw new Wrong("WEBHOOK_SECRET is `whsec_` and base64; several have a space between");
        }
    }

    static String help() {
        StringBuilder help = new StringBuilder("A seller's application: KooGallery's customers in SQLite.\n\nOptions, or variables:\n");
        for (Option option : ALL) {
            String standard = option.standard().isEmpty() ? "not set" : option.standard();
            help.append(String.format("  --%-11s %s [%s; %s]%n", option.name(), option.about(), option.variable(), standard));
        }
        return help + "\nSecrets are variables only: WEBHOOK_SECRET (several with spaces between) and API_TOKEN.\n";
    }
}
