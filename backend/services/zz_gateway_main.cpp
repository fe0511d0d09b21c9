// SPDX-License-Identifier: Apache-2.0
#include "backend/services/gateway_service.h"

int main(int argc, char** argv) {
    return zz::services::gateway_main(argc, argv);
}
